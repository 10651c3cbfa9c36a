import type { FeatureShare, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { requiredLabels } from './labels.js'
import { type Fitted, tensorData } from './stored.js'

/** A label that is rarer in the reference is weighed as if it were as frequent as this: one record in the shortest default window. */
const RAREST = 1 / 64
const FLOAT = 1

/**
 * Are the labels of the last m records as frequent as those of the n of the reference? Pearson's statistic, m n / (m + n) times the sum over
 * labels of (f - p)^2 / max(p, 1/64), f a label's part of the window and p of the reference, over what that is on average. Its mean over
 * independent records is 1 for every m, which that of the likelihood ratio G is not where labels are rare; the floor also bounds what a
 * single record of a rare or unknown label can do. Below that mean all windows score 1: where labels come in turn, a window of the reference is
 * off by next to nothing, and twice of that is nothing to alarm about. Records without a label, and with labels that the reference does not tell apart, count as
 * labels of their own.
 *
 * It knows no features: shares are those of labels.
 */
export const labelMix: WindowDetector = {
  name: 'label-mix',
  title: 'Windows in which the labels of the records are more or less frequent than in the reference, or new.',
  kind: 'window',
  labels: 'live',
  fit: async ({ labels }) => {
    const { counts } = requiredLabels(labels, 'label-mix')
    return { scalars: {}, tensors: { counts: { shape: [counts.length], data: counts } } }
  },
  statistics: (fitted) => labelIndicators(countsOf(fitted).length),
  score: (fitted, sums) => Math.max(1, total(parts(countsOf(fitted), sums))),
  explain: (fitted, _whitening, sums) => {
    const found = parts(countsOf(fitted), sums)
    const stretch = Math.max(1, 1 / total(found))
    return found.map((part) => ({ ...part, share: part.share * stretch }))
  },
}

const countsOf = ({ tensors }: Fitted): Float64Array => tensorData(tensors, 'counts', tensors.counts?.shape[0] ?? 0)

/** 1 for the row's label. */
const labelIndicators = (width: number): RowStatistics => ({
  width,
  graph: (builder, { labels }) => {
    const numbers = builder.constant(
      [width],
      Float32Array.from({ length: width }, (_, number) => number),
    )
    return builder.node('Cast', [builder.node('Equal', [labels, numbers])], { to: FLOAT })
  },
  of: (_, { label = 0 } = {}) => new Float64Array(width).fill(1, label, label + 1),
})

const parts = (counts: Float64Array, { m, own }: WindowSums): FeatureShare[] => {
  const n = sum(counts)
  // Half a row more of each: no label is impossible, and no window is off by exactly nothing.
  const usual = counts.map((count) => (count + 0.5) / (n + counts.length / 2))
  // Less than 1 where nearly all rows have one label: a single record of another one must not be a catastrophe.
  const average = Math.max(1, sum(usual.map((p) => (p * (1 - p)) / Math.max(p, RAREST))))
  return Array.from(usual, (p, index) => {
    const frequency = own[index] / m
    const share = ((m * n) / (m + n)) * ((frequency - p) ** 2 / Math.max(p, RAREST) / average)
    return { index, share, sigma: (frequency - p) / Math.sqrt(p * (1 - p) * (1 / m + 1 / n)), frequency }
  })
}

const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0)
const total = (shares: readonly FeatureShare[]): number => shares.reduce((all, { share }) => all + share, 0)
