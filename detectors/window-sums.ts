import type { RowStatistics, WindowDetector, WindowSums } from './detector.js'
import type { Fitted } from './stored.js'

export interface FittedWindowDetector {
  readonly detector: WindowDetector
  readonly fitted: Fitted
}

/** A window detector and where its own statistics lie among those of a row: [from, to). */
export interface PlacedDetector extends FittedWindowDetector {
  readonly statistics: RowStatistics | undefined
  readonly from: number
  readonly to: number
}

/** The statistics of a row in their order: its d whitened values, then those of each detector; `width` numbers in all. */
export interface Placement {
  readonly d: number
  readonly width: number
  readonly detectors: readonly PlacedDetector[]
}

export const place = (d: number, detectors: readonly FittedWindowDetector[]): Placement => {
  let width = d
  const placed = detectors.map(({ detector, fitted }) => {
    const statistics = detector.statistics?.(fitted)
    const from = width
    width += statistics?.width ?? 0
    return { detector, fitted, statistics, from, to: width }
  })
  return { d, width, detectors: placed }
}

/** The part of a window's sums (`width` numbers over m records) that concerns a detector. */
export const sumsFor = ({ d }: Placement, { from, to }: PlacedDetector, sum: Float64Array, m: number): WindowSums => ({
  m,
  z: sum.subarray(0, d),
  own: sum.subarray(from, to),
})
