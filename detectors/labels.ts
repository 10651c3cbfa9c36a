import { emptyMoments, type Moments, merge } from './moments.js'

/**
 * What the labels of rows say. Labels are numbered as the reference does: 0 = none, 1 to k - 1 = its labels in their order, k = all others
 * (rare ones, and those that it does not know).
 */
export interface LabelSummary {
  /** Rows by label: k + 1 numbers. */
  readonly counts: Float64Array
  readonly classes: ClassMoments
}

/** Of rows with a label, without those that look mislabelled: class c holds the rows with label c + 1, k classes. */
export interface ClassMoments {
  /** k x d, standardised as the reference's moments are: where the rows of each class were centred; the same in all that are merged. */
  readonly centres: Float64Array
  /** Rows by class. */
  readonly n: Float64Array
  /** k x d: sums of the rows of each class, centred. */
  readonly sums: Float64Array
  /** Of all rows together, each centred by its class. */
  readonly moments: Moments
}

/** Of no rows; k x d centres. */
export const emptyLabels = (centres: Float64Array, d: number): LabelSummary => ({
  counts: new Float64Array(centres.length / d + 1),
  classes: { centres, n: new Float64Array(centres.length / d), sums: new Float64Array(centres.length), moments: emptyMoments(d) },
})

/** The summary of the rows of both. */
export const mergeLabels = (a: LabelSummary, b: LabelSummary): LabelSummary => ({
  counts: added(a.counts, b.counts),
  classes: {
    centres: a.classes.centres,
    n: added(a.classes.n, b.classes.n),
    sums: added(a.classes.sums, b.classes.sums),
    moments: merge(a.classes.moments, b.classes.moments),
  },
})

const added = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + b[i])

/** The labels of a reference. @throws Error naming the detector, where it has none */
export const requiredLabels = (labels: LabelSummary | undefined, detector: string): LabelSummary => {
  if (labels !== undefined) return labels
  throw new Error(`${detector}: the rows of the reference have no labels`)
}
