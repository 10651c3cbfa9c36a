import type { GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { lowerTimes } from './linalg.js'
import type { GraphBuilder } from './onnx-graph.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'

/** Shares of the reference's distances below each edge: close in the tails, where an Anderson-Darling statistic looks hardest. */
const LEVELS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99] as const
const FLOAT = 1

/**
 * Are the squared distances D^2 of the last m records distributed as those of the reference? Anderson and Darling's statistic at fixed
 * edges, m times the mean of (F_b - p_b)^2 / (p_b (1 - p_b)), F_b the share of the window above edge b and p_b that of the reference: its
 * mean over independent records is 1 once m is taken as m b / (m + b), for the bank's own b rows are a sample too. The edges are quantiles of what the distance of each bank row would be had the fit not seen it
 * (D^2 n / (n - 1) / (1 - (1 - shrinkage) D^2 / (n - 1)), exact without shrinkage): in-sample distances are too small, and a window that
 * contracts would go unseen among many features.
 *
 * It knows no features: shares are equal parts.
 */
export const distances: WindowDetector = {
  name: 'distances',
  title: 'Windows whose records lie all a little too far out, or too far in: changed scale, contraction, heavier tails.',
  kind: 'window',
  usesBank: true,
  fit: async ({ whitening, bank: { m, rows } }) => {
    const { d, inverse, n, shrinkage } = whitening
    const held = Float64Array.from({ length: m }, (_, i) => {
      const inSample = squaredLength(lowerTimes(inverse, rows.slice(i * d, (i + 1) * d), d))
      const seen = ((1 - shrinkage) * inSample) / (n - 1)
      return (inSample * n) / (n - 1) / Math.max(Number.EPSILON, 1 - seen)
    }).sort()
    const edges = Float64Array.from(LEVELS, (level) => held[Math.min(m - 1, Math.floor(level * m))])
    const above = edges.map((edge) => (held.filter((distance) => distance > edge).length + 0.5) / (m + 1))
    const shape = [LEVELS.length]
    return { scalars: { rows: m }, tensors: { edges: { shape, data: edges }, above: { shape, data: above } } }
  },
  statistics: ({ tensors }) => exceedances(tensorData(tensors, 'edges', LEVELS.length)),
  score: (fitted, sums) => statistic(fitted, sums),
  explain: (fitted, { d, lower }, sums) => {
    const score = statistic(fitted, sums)
    return Array.from(lowerTimes(lower, sums.z, d), (shift, index) => ({ index, share: score / d, sigma: shift / sums.m }))
  },
}

/** 1 for each edge that the row's distance exceeds. */
const exceedances = (edges: Float64Array): RowStatistics => ({
  width: edges.length,
  graph: (builder: GraphBuilder, { whitened }: GraphInputs) => {
    const distance = builder.node('ReduceSumSquare', [whitened], { axes: [1], keepdims: 1 })
    const exceeds = builder.node('Greater', [distance, builder.constant([edges.length], Float32Array.from(edges))])
    return builder.node('Cast', [exceeds], { to: FLOAT })
  },
  of: (z) => {
    const distance = squaredLength(z)
    return edges.map((edge) => Number(distance > edge))
  },
})

const statistic = ({ scalars, tensors }: Fitted, { own, m }: WindowSums): number => {
  const rows = scalarNumber(scalars, 'rows')
  const above = tensorData(tensors, 'above', LEVELS.length)
  const terms = above.map((p, b) => (own[b] / m - p) ** 2 / (p * (1 - p)))
  return (((m * rows) / (m + rows)) * terms.reduce((sum, term) => sum + term, 0)) / LEVELS.length
}

const squaredLength = (z: Float64Array): number => z.reduce((sum, value) => sum + value * value, 0)
