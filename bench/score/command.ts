import { Command } from 'commander'
import { openMatMul } from '../../backbones/matmul.js'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { median, metric } from '../figures.js'
import { ratios, spread } from '../kit/alternate.js'
import { machineLine } from '../kit/machine.js'
import { gaussianModel, rowsFor } from './model.js'
import { comparePrecision, ROWS } from './precision.js'
import { scoringRates } from './rates.js'

const dimensions = [8, 32, 64, 128, 256, 512, 1024, 2048]
const BATCH = 1024

interface Options {
  readonly rounds: number
  readonly ms: number
  readonly threads: number
}

/** What the scorer's way through a worker costs beside ONNX Runtime itself, and what float32 costs beside float64. */
export const score = new Command('score')
  .description('Scoring through the worker against raw ONNX Runtime by dimension, and float32 scores against float64 ones')
  .option('--rounds <n>', 'measurements of each, in turn', wholeNumber(1), 21)
  .option('--ms <n>', 'milliseconds of one measurement', wholeNumber(1), 300)
  .option('--threads <n>', "ONNX Runtime's threads, as execution.threads", wholeNumber(1), 1)
  .action(async ({ rounds, ms, threads }: Options) => {
    const matmul = await openMatMul()
    const rates: string[][] = []
    const precision: string[][] = []
    const metrics: string[] = []
    for (const d of dimensions) {
      const model = await gaussianModel(d, matmul)
      const { score, rank, moved, p } = await comparePrecision(model, matmul)
      precision.push([`${d}`, score.toExponential(1), rank.toFixed(9), `${moved}`, percent(p)])
      const values = Float32Array.from(rowsFor(d, BATCH, 'stream'))
      const { raw, worker } = await scoringRates({ graph: model.graph, d, values, threads, rounds, ms })
      const [rawRates, workerRates] = [raw, worker].map((rates) => rates.map(({ perSecond }) => perSecond))
      const [rawWork, workerWork] = [raw, worker].map((rates) => rates.map(({ perCpuSecond }) => perCpuSecond))
      const shares = ratios(workerRates, rawRates)
      rates.push([
        `${d}`,
        spread(rawRates, count),
        spread(workerRates, count),
        spread(shares, share),
        spread(ratios(workerWork, rawWork), share),
      ])
      metrics.push(metric(`score_${d}_ratio`, median(shares)))
    }
    await matmul.close()
    process.stdout.write(
      [
        `Records per second in batches of ${BATCH}, ${threads} thread${threads === 1 ? '' : 's'}: median (least – most) of ${rounds} rounds`,
        'raw: InferenceSession.run in a loop on the main thread; worker: the scorer of a monitor, with transfers and window sums',
        'per processor second: the same ratio by the processor time of all threads, which a busy machine changes less',
        table([['d', 'raw', 'worker', 'worker / raw', 'per processor second'], ...rates]),
        '',
        `Float32 scoring against float64 on ${count(ROWS)} new rows (half calibrate, half are judged): largest differences`,
        table([['d', 'score, relative', 'rank correlation', 'places moved', 'p-value, relative'], ...precision]),
        '',
        machineLine(),
        '',
        ...metrics,
        '',
      ].join('\n'),
    )
  })

const count = (value: number): string => Math.round(value).toLocaleString('en-GB')
const percent = (value: number): string => `${(100 * value).toFixed(2)} %`
const share = (value: number): string => value.toFixed(2)
