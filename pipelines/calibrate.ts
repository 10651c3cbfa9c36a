import type { BudgetBar, Calibration } from '../calibration/calibration.js'
import { decadesOf, scoreAt } from '../calibration/rate-map.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Calibrated, Rarity, Windowed } from './batch.js'

/** One detector's way from its score to the common scale. */
export interface Scale {
  readonly detector: string
  /** a = -log10 lambda at a score, in decades. */
  decades(score: number): number
  /** The score at the budget. */
  readonly limit: number
}

/** Of the record and of the window detectors. */
export interface Scales {
  readonly record: readonly Scale[]
  readonly drift: readonly Scale[]
}

export interface CalibrateOptions extends Scales {
  readonly memory: ArrayMemory
}

/** The calibrated scale of a detector, or with a fixed threshold (advanced override) one that crosses the bar exactly there. */
export function scaleOf(detector: string, calibration: Calibration, bar: BudgetBar, fixedThreshold?: number): Scale {
  if (fixedThreshold !== undefined) {
    return { detector, limit: fixedThreshold, decades: (score) => bar.bar + Math.log10(Math.max(score / fixedThreshold, Number.MIN_VALUE)) }
  }
  const map = calibration.maps[detector]
  const limit = scoreAt(map, 10 ** -bar.bar, calibration.spanDays)
  return { detector, limit, decades: decadesOf(map, calibration.spanDays) }
}

/** Puts every score on the common scale of rarity; of several detectors of a kind the rarest counts (min lambda). */
export const calibrate =
  ({ record, drift, memory }: CalibrateOptions) =>
  (batch: Windowed): Calibrated => ({
    ...batch,
    record: rarest(record, batch.n, batch.scores, memory),
    drift: rarest(
      drift,
      batch.windows.length,
      drift.map((_, j) => batch.windows.map(({ scores }) => scores[j])),
      memory,
    ),
  })

/**
 * Of each of n evaluations the rarest detector.
 * @param scores n for each detector
 */
export function rarest(scales: readonly Scale[], n: number, scores: readonly ArrayLike<number>[], memory: ArrayMemory): Rarity {
  const a = memory.take(Float64Array, n).fill(Number.NEGATIVE_INFINITY)
  const detector = memory.take(Uint8Array, n).fill(0)
  const effect = memory.take(Float64Array, n).fill(0)
  scales.forEach(({ decades: decadesAt, limit }, j) => {
    const own = scores[j]
    for (let i = 0; i < n; i++) {
      const decades = decadesAt(own[i])
      if (decades <= a[i]) continue
      a[i] = decades
      detector[i] = j
      effect[i] = Math.min(own[i] / limit, Number.MAX_VALUE)
    }
  })
  return { a, detector, effect }
}
