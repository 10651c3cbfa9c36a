import type { Contribution } from '../alerts/event.js'
import type { Values } from '../connectors/codec.js'
import type { FeatureShare, RecordDetector } from '../detectors/detector.js'
import type { Fitted } from '../detectors/stored.js'
import type { Whitening } from '../detectors/whitening.js'
import { type Placement, scoreLengths } from '../detectors/window-sums.js'
import type { Attribute } from '../kinds/attribution.js'
import { observedShares } from '../kinds/gaps.js'
import { labelShown } from '../references/labels.js'
import type { Calibrated } from './batch.js'
import type { Charts } from './charts.js'
import { farthest } from './farthest.js'

/** What the features do to a score: for an event that needs it. */
export interface Explainer {
  /** @param score of the record by its rarest detector */
  record(batch: Calibrated, row: number, score: number): Contribution[]
  /** Of the batch's evaluation of that index. */
  drift(batch: Calibrated, index: number): Contribution[]
  /** The features of a record that are farthest from what is usual, each by itself; the farthest first. */
  deviations(batch: Pick<Calibrated, 'values' | 'd' | 'gaps' | 'own'>, row: number, most: number): Contribution[]
  /** Of the slow copy's mean and deviation. */
  adaptation(shares: readonly FeatureShare[]): Contribution[]
}

export interface ReferenceParts {
  /** Turns shares of columns into those of features. */
  readonly attribute: Attribute
  /** Every column is a feature. */
  readonly plain: boolean
  readonly whitening: Whitening
  /** Labels that the reference tells apart. */
  readonly labels: readonly string[] | undefined
  readonly record: readonly { readonly detector: RecordDetector; readonly fitted: Fitted }[]
  readonly windows: Placement
  readonly charts: Charts | undefined
}

/** By the detector that found the score the rarest; by that which its chart sits on. */
export function byReference({ attribute, plain, whitening, labels, record, windows, charts }: ReferenceParts): Explainer {
  const { mean, scale } = whitening
  /** The value that belongs to a deviation: of a window its mean; with a slow mean subtracted, around the reference's mean. */
  const contributions = (shares: readonly FeatureShare[]): Contribution[] =>
    attribute(shares, {
      value: ({ index, sigma }) => mean[index] + sigma * scale[index],
      mean: (column) => mean[column],
    }).map(({ feature, share, sigma, spread, value, pValue }) => ({
      feature,
      share,
      sigma,
      ...(spread !== undefined && { spread }),
      value,
      ...(pValue !== undefined && { pValue }),
    }))
  const ofLabels = (shares: readonly FeatureShare[]): Contribution[] =>
    shares.flatMap(({ index, share, sigma, frequency: value }) =>
      value === undefined ? [] : [{ feature: labelShown(labels, index), share, sigma, value }],
    )
  return {
    record({ record: { detector }, values, previous, d, gaps }, row, score) {
      const rarest = record[detector[row]]
      const of = (rows: Values) => Float64Array.from(rows.subarray(row * d, (row + 1) * d))
      const shares = rarest.detector.explain(rarest.fitted, whitening, of(values), previous && of(previous.rows))
      const gap = gaps?.get(row)
      return contributions(gap === undefined ? shares : observedShares(shares, gap, score))
    },
    drift({ drift, windows: evaluations }, index) {
      const rarest = drift.detector[index]
      const { charts: after, sums } = evaluations[index]
      const chart = after && charts?.told(after, rarest - charts.first)
      const placed = windows.detectors.find(({ detector }) => detector.name === chart?.detector) ?? windows.detectors[rarest]
      const shares = placed.detector.explain(placed.fitted, whitening, scoreLengths(windows, placed, sums).of)
      return shares.some(({ frequency }) => frequency !== undefined) ? ofLabels(shares) : contributions(shares)
    },
    deviations: ({ values, d, gaps }, row, most) =>
      contributions(farthest(values, row * d, whitening, gaps?.get(row)?.missing ?? [], plain ? most : d))
        .sort((one, other) => Math.abs(other.sigma) - Math.abs(one.sigma))
        .slice(0, most),
    adaptation: contributions,
  }
}

/** By the one feature whose past is the least like the record. */
export function byOwnPast(features: readonly string[]): Explainer {
  const record = ({ own }: Pick<Calibrated, 'own'>, row: number): Contribution[] => {
    const found = own?.[row]
    return found === undefined ? [] : [{ feature: features[found.feature], share: found.score, sigma: found.sigma, value: found.value }]
  }
  return { record, deviations: record, drift: () => [], adaptation: () => [] }
}
