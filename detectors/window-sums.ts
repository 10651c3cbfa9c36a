import type { LengthSums } from './block-window.js'
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

/** A detector's score of the window whose length scores highest, among those it scores, and the sums it is of: their scores have one null. */
export const scoreLengths = ({ d, width }: Placement, { detector, fitted, from, to }: PlacedDetector, { lengths, sums }: LengthSums) => {
  let best: { score: number; of: WindowSums } | undefined
  lengths.slice(0, detector.shortestOnly ? 1 : undefined).forEach((m, l) => {
    const sum = sums.subarray(l * width, (l + 1) * width)
    const of = { m, z: sum.subarray(0, d), own: sum.subarray(from, to) }
    const score = detector.score(fitted, of)
    if (best === undefined || score > best.score) best = { score, of }
  })
  return best!
}
