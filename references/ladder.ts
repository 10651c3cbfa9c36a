import { detrendRates, SlowMean, warmUpRows } from '../calibration/detrend.js'
import type { Adaptation } from '../calibration/slow-copy.js'
import { lengthText } from '../detectors/window-shape.js'
import { adaptRows } from './adapted.js'
import { anotherBeside, closeRows } from './beside.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { testHalves } from './halves.js'
import type { SelfTest } from './reference.js'
import { FitRefused } from './refusal.js'
import type { Rows, StreamRange } from './rows.js'
import { type Summed, sumUp } from './summed.js'

/** A reference detrended at one rate or mapped by slow copies, and whether its halves then agree. */
export interface Rung extends Summed {
  readonly rate: number
  /** Instead of the slow mean, where it was asked for. */
  readonly adaptation?: Adaptation
  readonly selfTest: SelfTest
}

/** Rows that are detrended in one step. */
const STEP_ROWS = 4096

/**
 * Tries the detrending rates, slowest first, until the halves of the reference agree (calibration study, sections 5 and 9).
 * Where none passes: the last one that left enough rows, its self-test not passed. An adapted reference has no slow mean beside.
 * Throws `FitRefused` when there are too few rows or none of the features varies.
 */
export async function climbLadder(rows: Rows, options: FitOptions, tools: FitTools): Promise<Rung> {
  if (options.adapt === undefined) return climb(rows, detrendRates, options, tools)
  const adapted = await adaptRows(rows, options.adapt, options.shrinkage, tools)
  return { ...(await climb(adapted.rows, [0], options, tools)), adaptation: adapted.adaptation }
}

async function climb(rows: Rows, slowest: readonly number[], options: FitOptions, tools: FitTools): Promise<Rung> {
  const rates = slowest.filter((rate) => leavesEnough(rows, rate))
  let last: (Rung & { readonly detrended: Rows }) | undefined
  for (const [i, rate] of rates.entries()) {
    const detrended = rate === 0 ? rows : residuals(rows, rate)
    const summed = await sumUp(detrended, options, tools, rate > 0)
    if (summed === undefined) break
    const folds = summed.folds.length
    const selfTest = await testHalves(summed, options, {
      ...tools,
      progress: (phase, done) => tools.progress?.(phase, i * folds + done, rates.length * folds),
    })
    tools.tested?.(rate, selfTest)
    if (last !== undefined && last.rate > 0) closeRows(last.detrended)
    last = { ...summed, detrended, rate, selfTest }
    if (selfTest.passed) break
  }
  if (last !== undefined) return last
  const { window } = options.logic
  throw new FitRefused(
    'too_few_rows',
    `${rows.n} rows in ${rows.streams.length} streams cannot be cut into 4 stretches of at least ${lengthText(window, window.hop)} (the window's hop); ` +
      'give more rows per stream, set a smaller hop, or leave out the detectors of windows',
  )
}

/** The warm-up may cost a third of the rows. */
function leavesEnough({ n, streams }: Rows, rate: number): boolean {
  const left = streams.reduce((sum, { from, to }) => sum + Math.max(0, to - from - warmUpRows(rate)), 0)
  return 3 * left >= 2 * n
}

/** The rows less each stream's slow mean, without the warm-up of each stream. */
function residuals(rows: Rows, rate: number): Rows {
  const { n, d, store, streams } = rows
  const detrended = store.another(n)
  const { beside, keep } = anotherBeside(rows, n)
  const settled: StreamRange[] = []
  const warmUp = warmUpRows(rate)
  let kept = 0
  for (const { from, to, ...named } of streams) {
    const mean = new SlowMean(d, rate)
    for (let at = from; at < to; at += STEP_ROWS) {
      const end = Math.min(to, at + STEP_ROWS)
      const settledFrom = Math.min(end, Math.max(at, from + warmUp))
      const values = store.read(at, end).slice()
      for (let i = 0; i < values.length; i += d) mean.step(values, i)
      detrended.append(values.subarray((settledFrom - at) * d))
    }
    const count = Math.max(0, to - from - warmUp)
    if (count > 0) keep(to - count, to)
    if (count > 0) settled.push({ ...named, from: kept, to: kept + count })
    kept += count
  }
  return { ...rows, n: kept, store: detrended, streams: settled, ...beside }
}
