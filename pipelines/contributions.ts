import type { Contribution } from '../alerts/event.js'
import type { FeatureShare, RecordDetector } from '../detectors/detector.js'
import type { Fitted } from '../detectors/stored.js'
import type { Whitening } from '../detectors/whitening.js'
import { type Placement, scoreLengths } from '../detectors/window-sums.js'
import type { Calibrated } from './batch.js'

/** What the features do to a score: for an event that needs it. */
export interface Explainer {
  record(batch: Calibrated, row: number): Contribution[]
  /** Of the batch's evaluation of that index. */
  drift(batch: Calibrated, index: number): Contribution[]
}

export interface ReferenceParts {
  readonly features: readonly string[]
  readonly whitening: Whitening
  readonly record: readonly { readonly detector: RecordDetector; readonly fitted: Fitted }[]
  readonly windows: Placement
}

/** By the detector that found the score the rarest. */
export function byReference({ features, whitening, record, windows }: ReferenceParts): Explainer {
  /** The value that belongs to a deviation: of a window its mean; with a slow mean subtracted, around the reference's mean. */
  const contribution = ({ index, share, sigma }: FeatureShare): Contribution => ({
    feature: features[index],
    share,
    sigma,
    value: whitening.mean[index] + sigma * whitening.scale[index],
  })
  return {
    record({ record: { detector }, values, d }, row) {
      const rarest = record[detector[row]]
      const shares = rarest.detector.explain(rarest.fitted, whitening, Float64Array.from(values.subarray(row * d, (row + 1) * d)))
      return shares.map(contribution)
    },
    drift({ drift, windows: evaluations }, index) {
      const placed = windows.detectors[drift.detector[index]]
      const { of } = scoreLengths(windows, placed, evaluations[index].sums)
      return placed.detector.explain(placed.fitted, whitening, of).map(contribution)
    },
  }
}

/** By the one feature whose past is the least like the record. */
export const byOwnPast = (features: readonly string[]): Explainer => ({
  record({ own }, row) {
    const found = own?.[row]
    return found === undefined ? [] : [{ feature: features[found.feature], share: found.score, sigma: found.sigma, value: found.value }]
  },
  drift: () => [],
})
