import { Command, Option } from 'commander'
import { type ExecutionProvider, executionProviders } from '../../../backbones/scorer.js'
import { wholeNumber } from '../../../cli/arguments.js'
import { table } from '../../../cli/terminal.js'
import { median, metric } from '../../figures.js'
import { alternate, ratios, spread } from '../../kit/alternate.js'
import { machineLine } from '../../kit/machine.js'
import { timed } from '../../kit/stopwatch.js'
import { withKafka } from '../../kit/with-kafka.js'
import { startEager } from '../eager.js'
import { pictureTopic, type Whole } from './end-to-end.js'
import { jpegs, openStages, REPEATED, type StageOptions } from './stages.js'

/** Distinct pictures; they are repeated. */
const PICTURES = 64

interface Options extends StageOptions {
  readonly provider: ExecutionProvider
  readonly rounds: number
  readonly records: number
  readonly kafka: boolean
  readonly python?: string
}

/** Seconds of the processor and of the clock for one picture. */
interface Cost {
  readonly seconds: number
  readonly cpuSeconds: number
}

export const images = new Command('images')
  .description(
    'Pictures through the shipped backbone: each stage alone, the embedder against raw ONNX Runtime, and a topic of JPEGs end to end',
  )
  .addOption(new Option('--provider <name>', 'execution provider').choices(executionProviders).default('cpu'))
  .option('--batch <n>', 'pictures of one run, as pictures.batch', wholeNumber(1), 8)
  .option('--threads <n>', "ONNX Runtime's threads, as execution.threads", wholeNumber(1), 1)
  .option('--workers <n>', 'as pictures.workers', wholeNumber(1), 1)
  .option('--rounds <n>', 'measurements of each, in turn', wholeNumber(1), 9)
  .option('--records <n>', 'pictures of the topic', wholeNumber(400), 2000)
  .option('--no-kafka', 'leaves the topic out')
  .option('--python <path>', 'a Python with training/requirements.txt: measures PyTorch eager, too')
  .action(compare)

async function compare(options: Options): Promise<void> {
  const pictures = await jpegs(PICTURES)
  const stages = await openStages(pictures, options)
  const eager =
    options.python === undefined ? undefined : await startEager(options.python, 'speed/eager.py', [options.batch, options.threads])
  const batches = Math.ceil(PICTURES / options.batch)
  const cost =
    (work: () => Promise<void>, count = PICTURES) =>
    async (): Promise<Cost> => {
      const { seconds, cpuSeconds } = await timed(work)
      return { seconds: seconds / count, cpuSeconds: cpuSeconds / count }
    }
  const runEager =
    eager &&
    (async () => {
      for (let i = 0; i < batches; i++) await eager.run()
    })
  const contenders = {
    decode: cost(stages.decode),
    preprocess: cost(stages.preprocess),
    raw: cost(stages.raw),
    prepared: cost(stages.prepared),
    embed: cost(stages.embed, REPEATED * PICTURES),
    eager: runEager && cost(runEager, batches * options.batch),
  }
  await alternate(1, contenders)
  const costs = await alternate(options.rounds, contenders)
  eager?.end()
  const rates = (of: readonly Cost[]) => of.map(({ seconds }) => 1 / seconds)
  const embedShares = ratios(rates(costs.embed), rates(costs.raw))
  const preparedShares = ratios(rates(costs.prepared), rates(costs.raw))
  const { taps, features } = stages.returned
  const rows = Object.entries(costs).flatMap(([name, of]) =>
    of.length === 0
      ? []
      : [[names[name as keyof typeof names], spread(rates(of), rate), milliseconds(median(of.map((one) => one.cpuSeconds)))]],
  )
  process.stdout.write(
    [
      `Pictures of 256 x 256 (JPEG, ${Math.round(pictures[0].length / 1000)} kB), ${options.provider}, batches of ${options.batch}, threads ${options.threads}, workers ${options.workers}: median (least – most) of ${options.rounds} rounds`,
      table([['', 'pictures/s', 'processor ms'], ...rows]),
      `prepared / raw ${spread(preparedShares, share)}, embedder / raw ${spread(embedShares, share)}`,
      `back from the device: ${4 * features} bytes a picture; the taps themselves would be ${4 * taps}`,
      ...(eager === undefined ? [] : [`${eager.title}: embedder / eager ${spread(ratios(rates(costs.embed), rates(costs.eager)), share)}`]),
      machineLine(),
      '',
    ].join('\n'),
  )
  const metrics = [
    metric('prepared_ratio', median(preparedShares)),
    metric('embed_ratio', median(embedShares)),
    metric('device_bytes_per_picture', 4 * features),
    ...(eager === undefined ? [] : [metric('embed_eager_ratio', median(ratios(rates(costs.embed), rates(costs.eager))))]),
  ]
  if (options.kafka) metrics.push(...(await endToEnd(options, pictures, cost(stages.embed, REPEATED * PICTURES))))
  await stages.close()
  process.stdout.write(`${metrics.join('\n')}\n`)
}

/** The embedder, the slowest stage, alone before and after each run of the whole. */
async function endToEnd(options: Options, pictures: readonly Buffer[], embed: () => Promise<Cost>): Promise<string[]> {
  return withKafka(async (bench) => {
    const whole = await pictureTopic(bench, pictures, options.records, options)
    const repeats = Math.max(1, Math.floor(options.records / (REPEATED * PICTURES) / 4))
    const runs: Whole[] = []
    const alone: number[] = []
    for (let round = 0; round < 3; round++) {
      const around: number[] = []
      const embedFor = async () => {
        for (let i = 0; i < repeats; i++) around.push(1 / (await embed()).seconds)
      }
      await embedFor()
      runs.push(await whole())
      await embedFor()
      alone.push(median(around))
    }
    const shares = ratios(
      runs.map(({ perSecond }) => perSecond),
      alone,
    )
    const middle = (of: (run: Whole) => number) => median(runs.map(of))
    process.stdout.write(
      [
        '',
        `A topic of ${options.records} of them through \`driftwatch run\`, in turn with the embedder alone`,
        table([
          ['', 'pictures/s', 'of the embedder', 'processor ms', 'largest memory', 'event loop p99'],
          [
            'run',
            spread(
              runs.map(({ perSecond }) => perSecond),
              rate,
            ),
            spread(shares, share),
            milliseconds(middle(({ cpuPerPicture }) => cpuPerPicture)),
            `${Math.round(middle(({ rssMb }) => rssMb))} MB`,
            `${Math.round(middle(({ eventLoopP99Ms }) => eventLoopP99Ms))} ms`,
          ],
          ['embedder alone', spread(alone, rate), '', '', '', ''],
        ]),
        machineLine(),
        '',
      ].join('\n'),
    )
    return [
      metric('images_end_to_end_ratio', median(shares)),
      metric(
        'images_rss_growth_mb',
        middle(({ rssGrowthMb }) => rssGrowthMb),
      ),
      metric(
        'images_rss_mb',
        middle(({ rssMb }) => rssMb),
      ),
    ]
  })
}

const names = {
  decode: 'decode',
  preprocess: 'pre-process',
  raw: 'raw ONNX Runtime, taps as they are',
  prepared: 'ONNX Runtime, prepared backbone',
  embed: 'embedder, from JPEG to features',
  eager: 'PyTorch eager, taps as they are',
} as const
const rate = (value: number): string => value.toFixed(1)
const share = (value: number): string => value.toFixed(2)
const milliseconds = (seconds: number): string => (1000 * seconds).toFixed(2)
