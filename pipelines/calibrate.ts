import type { BudgetBar, Calibration } from '../calibration/calibration.js'
import { decadesAt, scoreAt } from '../calibration/rate-map.js'
import type { Calibrated, Rarity, Windowed } from './batch.js'

/** One detector's way from its score to the common scale. */
export interface Scale {
  readonly detector: string
  /** a = -log10 lambda at a score, in decades. */
  decades(score: number): number
  /** The score at the budget. */
  readonly limit: number
}

export interface CalibrateOptions {
  readonly record: readonly Scale[]
  readonly drift: readonly Scale[]
}

/** The calibrated scale of a detector, or with a fixed threshold (advanced override) one that crosses the bar exactly there. */
export function scaleOf(detector: string, calibration: Calibration, bar: BudgetBar, fixedThreshold?: number): Scale {
  if (fixedThreshold !== undefined) {
    return { detector, limit: fixedThreshold, decades: (score) => bar.bar + Math.log10(Math.max(score / fixedThreshold, Number.MIN_VALUE)) }
  }
  const map = calibration.maps[detector]
  const limit = scoreAt(map, 10 ** -bar.bar, calibration.spanDays)
  return { detector, limit, decades: (score) => decadesAt(map, score, calibration.spanDays) }
}

/** Puts every score on the common scale of rarity; of several detectors of a kind the rarest counts (min lambda). */
export const calibrate =
  (options: CalibrateOptions) =>
  (batch: Windowed): Calibrated => ({
    ...batch,
    record: rarest(options.record, batch.n, batch.scores),
    drift: rarest(
      options.drift,
      batch.windows.length,
      options.drift.map((_, j) => batch.windows.map(({ scores }) => scores[j])),
    ),
  })

/** @param scores n for each detector */
function rarest(scales: readonly Scale[], n: number, scores: readonly ArrayLike<number>[]): Rarity {
  const a = new Float64Array(n).fill(Number.NEGATIVE_INFINITY)
  const detector = new Uint8Array(n)
  const effect = new Float64Array(n)
  scales.forEach((scale, j) => {
    for (let i = 0; i < n; i++) {
      const score = scores[j][i]
      const decades = scale.decades(score)
      if (decades <= a[i]) continue
      a[i] = decades
      detector[i] = j
      effect[i] = score / scale.limit
    }
  })
  return { a, detector, effect }
}
