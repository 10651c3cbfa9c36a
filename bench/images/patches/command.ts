import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { PatchSession } from '../../../backbones/patch-network.js'
import { InferenceSession, Tensor } from '../../../backbones/runtime.js'
import { type ExecutionProvider, executionProviders } from '../../../backbones/scorer.js'
import { turnsAt } from '../../../backbones/turns.js'
import { wholeNumber } from '../../../cli/arguments.js'
import { table } from '../../../cli/terminal.js'
import { patchBytes, patchGridSchema } from '../../../pictures/patches.js'
import { median, metric } from '../../figures.js'
import { alternate, ratios, spread } from '../../kit/alternate.js'
import { machineLine } from '../../kit/machine.js'
import { timed } from '../../kit/stopwatch.js'
import { startEager } from '../eager.js'

/** Channels of the first stage: the method's own default, and its published training command. */
const WIDTHS = [32, 128]
/** 64 patches a picture. */
const grid = patchGridSchema.parse({ patch: 64, rows: 8, columns: 8, jitter: 0, size: 224, kernel: 'bilinear' })

interface Options {
  readonly python: string
  readonly provider: ExecutionProvider
  readonly pictures: number
  readonly threads: number
  readonly rounds: number
}

/** What one width makes of the pictures, in turn. */
interface Measured {
  readonly width: number
  /** Seconds a picture. */
  readonly seconds: Readonly<Record<'alone' | 'together' | 'product' | 'eager', readonly number[]>>
  readonly eager: string
}

export const patches = new Command('patches')
  .description('Patch batches of DisCoPatch, 64 patches a picture: ONNX Runtime one picture a run and several, the product, PyTorch eager')
  .requiredOption(
    '--python <path>',
    'a Python with training/requirements.txt: it writes the networks (untrained) and runs them in eager mode',
  )
  .addOption(new Option('--provider <name>', 'execution provider').choices(executionProviders).default('cpu'))
  .option('--pictures <n>', 'pictures of one run, where there are several', wholeNumber(2), 8)
  .option('--threads <n>', "ONNX Runtime's and PyTorch's threads", wholeNumber(1), 1)
  .option('--rounds <n>', 'measurements of each, in turn', wholeNumber(1), 5)
  .action(async (options: Options) => {
    const all: Measured[] = []
    for (const width of WIDTHS) all.push(await measure(width, options))
    process.stdout.write(`${report(all, options)}\n`)
  })

async function measure(width: number, { python, provider, pictures, threads, rounds }: Options): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-patches-'))
  try {
    const file = join(folder, 'model.onnx')
    const eager = await startEager(python, 'patches/eager.py', [file, width, pictures, threads])
    const model = new Uint8Array(await readFile(file))
    const product = await PatchSession.open({ model, grid }, provider, threads, turnsAt(provider))
    const raw = await InferenceSession.create(model, { executionProviders: [provider], intraOpNumThreads: threads, interOpNumThreads: 1 })
    const bytes = Uint8Array.from({ length: pictures * patchBytes(grid) }, (_, i) => (i * 2654435761) >>> 24)
    const each = bytes.length / pictures
    const run = (data: Uint8Array) =>
      raw.run({ patches: new Tensor('uint8', data, [(data.length / each) * grid.rows * grid.columns, 3, grid.patch, grid.patch]) }, [
        'score',
      ])
    const perPicture = (work: () => Promise<unknown>) => async () => (await timed(work)).seconds / pictures
    const contenders = {
      alone: perPicture(async () => {
        for (let i = 0; i < pictures; i++) await run(bytes.subarray(i * each, (i + 1) * each))
      }),
      together: perPicture(() => run(bytes)),
      product: perPicture(() => product.run(bytes)),
      eager: perPicture(() => eager.run()),
    }
    await alternate(1, contenders)
    const seconds = await alternate(rounds, contenders)
    eager.end()
    await Promise.all([product.release(), raw.release()])
    return { width, seconds, eager: eager.title }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function report(all: readonly Measured[], { provider, pictures, threads, rounds }: Options): string {
  const milliseconds = (of: readonly number[]) => spread(of, (value) => (1000 * value).toFixed(1))
  const rows = all.map(({ width, seconds: { alone, together, product, eager } }) => [
    `${width} – ${8 * width}`,
    ...[alone, together, product, eager].map(milliseconds),
  ])
  return [
    `64 patches of 64 x 64 a picture, moments of the picture's own patches; ${provider}, threads ${threads}; milliseconds a picture, median (least – most) of ${rounds} rounds`,
    table([['channels', 'one a run', `${pictures} a run`, 'product (one a run)', all[0].eager], ...rows]),
    machineLine(),
    ...all.flatMap(({ width, seconds: { alone, together, product, eager } }) => [
      metric(`patches_${width}_ms`, 1000 * median(product)),
      metric(`patches_${width}_ratio`, median(ratios(alone, product))),
      metric(`patches_${width}_together_ratio`, median(ratios(together, alone))),
      metric(`patches_${width}_eager_ratio`, median(ratios(eager, product))),
    ]),
  ].join('\n')
}
