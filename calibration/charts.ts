import { normalQuantile } from './normal.js'

/**
 * Sequential charts: numbers that are carried from one evaluation of a window detector to the next, so that a drift too small for any one
 * window adds up over many. They take the detector's calibrated p and have no threshold of their own: what a chart says goes through the
 * calibration like every other score, for windows overlap and streams depend on their past, where the charts' own formulas are wrong.
 */

export const chartNames = ['cusum', 'ewma', 'eprocess'] as const
export type ChartName = (typeof chartNames)[number]

/**
 * From one value to the next, by the p of an evaluation in (0, 1].
 * @param part of the longest window that this evaluation is new: sums over overlapping windows count in whole windows
 */
export type Chart = (before: number, p: number, part: number) => number

/** Shift of u, in standard deviations, below which CUSUM forgets: half of the shift that it is tuned to. */
const ALLOWANCE = 0.25
/** Longest windows that EWMA looks back on. */
export const MEMORY = 4
/** Power of the bet: p is bet on by epsilon p^(epsilon - 1), which is 1 on average where p is uniform. */
const EPSILON = 0.5
/** Where a sum stops rising, in longest windows: what comes after a long drift is seen as it is soon. */
const CAP = 16
/** What one window may say, in standard deviations: charts are about many. */
const CLIP = 4

/** u = -quantile(p): standard normal without drift. */
export const normalScore = (p: number): number => Math.max(-CLIP, Math.min(CLIP, -normalQuantile(p)))

export const charts: Readonly<Record<ChartName, Chart>> = {
  /** Page (1954): C = max(0, C + u - k). */
  cusum: (before, p, part) => Math.min(CAP, Math.max(0, before + part * (normalScore(p) - ALLOWANCE))),
  /** Roberts (1959): y = (1 - w) y + w u. */
  ewma: (before, p, part) => before + (part / MEMORY) * (normalScore(p) - before),
  /** The logarithm of a restarted test martingale (Vovk et al. 2021; e-CUSUM): R = max(1, R) e. */
  eprocess: (before, p, part) => Math.min(CAP, Math.max(0, before) + part * (Math.log(EPSILON) + (EPSILON - 1) * Math.log(p))),
}

/** A chart over one window detector. */
export interface ChartSeries {
  /** Among the names of detectors: key of its calibration. */
  readonly name: string
  readonly chart: ChartName
  readonly detector: string
}

/** Of every window detector every chart, in one order. */
export const chartSeries = (names: readonly ChartName[], windowDetectors: readonly string[]): ChartSeries[] =>
  windowDetectors.flatMap((detector) =>
    chartNames.filter((chart) => names.includes(chart)).map((chart) => ({ name: `${detector}/${chart}`, chart, detector })),
  )
