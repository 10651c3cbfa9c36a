import type { WindowSums } from './detector.js'
import type { GraphBuilder } from './onnx-graph.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'

/** Shares of the reference's distances below each edge: close in the tails, where an Anderson-Darling statistic looks hardest. */
const LEVELS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99] as const
const FLOAT = 1

/** What D^2 of one of the n rows that a fit has seen would be had it not (exact without shrinkage): in-sample distances are too small. */
export const heldOutDistance = (inSample: number, n: number, shrinkage: number): number =>
  (inSample * n) / (n - 1) / Math.max(Number.EPSILON, 1 - ((1 - shrinkage) * inSample) / (n - 1))

/** The quantiles of the reference's distances at the levels, and the share of them above each. */
export const edgesOf = (distances: Float64Array): Fitted => {
  const m = distances.length
  const sorted = distances.toSorted()
  const edges = Float64Array.from(LEVELS, (level) => sorted[Math.min(m - 1, Math.floor(level * m))])
  const above = edges.map((edge) => (sorted.filter((distance) => distance > edge).length + 0.5) / (m + 1))
  const shape = [LEVELS.length]
  return { scalars: { rows: m }, tensors: { edges: { shape, data: edges }, above: { shape, data: above } } }
}

export const storedEdges = ({ tensors }: Fitted): Float64Array => tensorData(tensors, 'edges', LEVELS.length)

/** Appends nodes that give, of distances [n,1], 1 for each edge that they exceed. Returns the name of the float [n,edges] output. */
export const exceedances = (builder: GraphBuilder, distances: string, edges: Float64Array): string => {
  const exceeds = builder.node('Greater', [distances, builder.constant([edges.length], Float32Array.from(edges))])
  return builder.node('Cast', [exceeds], { to: FLOAT })
}

/** Anderson and Darling's statistic of a window whose own sums count the records above each edge; mean 1 over independent records. */
export const statisticOf = ({ scalars, tensors }: Fitted, { own, m }: WindowSums): number => {
  const rows = scalarNumber(scalars, 'rows')
  const above = tensorData(tensors, 'above', LEVELS.length)
  const terms = above.map((p, b) => (own[b] / m - p) ** 2 / (p * (1 - p)))
  return (((m * rows) / (m + rows)) * terms.reduce((sum, term) => sum + term, 0)) / LEVELS.length
}
