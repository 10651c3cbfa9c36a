import type { Bank, FeatureShare, RecordDetector } from './detector.js'
import { kMeans } from './k-means.js'
import { dot, lowerTimes, transposedLowerTimes } from './linalg.js'
import type { MatMul } from './matmul.js'
import { neighboursGraph } from './neighbours-graph.js'
import { pullShares } from './pull-shares.js'
import { centredMoments } from './sample-moments.js'
import { standardiseFloat, whitenStripes } from './scoring-graph.js'
import { shrinkageFor } from './shrinkage.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { fitWhitening, type Whitening, whiteningFromFitted, whiteningToFitted } from './whitening.js'

const MOST = 32
const ROWS_PER_CLUSTER = 25

/**
 * Smallest squared Mahalanobis distance to one of up to 32 centres of the bank, with the covariance within clusters that all share (Lee et
 * al. 2018, with k-means in place of their labels). What it scores is the deviation from the nearest centre, and the shares are of that.
 */
export const clusters: RecordDetector = {
  name: 'clusters',
  title: 'Records far from every mode of a reference that has several, measured by the spread within modes.',
  kind: 'record',
  usesBank: true,
  fit: async ({ whitening: { active }, bank }, matmul) => toFitted(await fitClusters(bank, active, matmul)),
  graph: (fitted, builder, { standardised }) => {
    const { within, centres, k } = fromFitted(fitted)
    const z = whitenStripes(builder, standardiseFloat(builder, standardised, within), within)
    const { distances } = neighboursGraph(builder, z, whitenedCentres(centres, within), k, 1)
    return builder.node('ReduceSumSquare', [distances], { axes: [1], keepdims: 0 })
  },
  score: (fitted, whitening, row) => nearestCentre(fitted, standardise(row, 1, whitening)).score,
  explain: (fitted, whitening, row) => nearestCentre(fitted, standardise(row, 1, whitening)).shares(),
}

interface Model {
  /** Of the deviations from the centres; its mean is 0. */
  readonly within: Whitening
  readonly k: number
  /** k x d, standardised. */
  readonly centres: Float64Array
}

const fitClusters = async ({ m, rows }: Bank, active: readonly boolean[], matmul: MatMul): Promise<Model> => {
  const d = active.length
  const k = Math.max(1, Math.min(MOST, Math.floor(m / ROWS_PER_CLUSTER)))
  const { labels, centres } = await kMeans(rows, d, k, matmul)
  const deviations = rows.map((value, at) => value - centres[labels[Math.floor(at / d)] * d + (at % d)])
  const standardisation = { mean: new Float64Array(d), scale: Float64Array.from(active, (varies) => (varies ? 1 : 0)) }
  const moments = await centredMoments(deviations, new Float64Array(d), matmul)
  const varying = active.filter(Boolean).length
  return { k, centres, within: await fitWhitening(moments, standardisation, { shrinkage: shrinkageFor(m, varying) }, matmul) }
}

const nearestCentre = (fitted: Fitted, u: Float64Array): { readonly score: number; shares(): FeatureShare[] } => {
  const { within, k, centres } = fromFitted(fitted)
  const { d, inverse } = within
  const candidates = Array.from({ length: k }, (_, c) => {
    const deviation = u.map((value, j) => value - centres[c * d + j])
    const z = lowerTimes(inverse, deviation, d)
    return { deviation, z, score: dot(z, z) }
  })
  const { deviation, z, score } = candidates.reduce((best, other) => (other.score < best.score ? other : best))
  return { score, shares: () => pullShares(deviation, transposedLowerTimes(inverse, z, d)) }
}

const whitenedCentres = (centres: Float64Array, { d, inverse }: Whitening): Float64Array => {
  const whitened = new Float64Array(centres.length)
  for (let at = 0; at < centres.length; at += d) whitened.set(lowerTimes(inverse, centres.subarray(at, at + d), d), at)
  return whitened
}

const toFitted = ({ within, k, centres }: Model): Fitted => {
  const { scalars, tensors } = whiteningToFitted(within)
  return { scalars, tensors: { ...tensors, centres: { shape: [k, within.d], data: centres } } }
}

const fromFitted = (fitted: Fitted): Model => {
  const within = whiteningFromFitted(fitted)
  const k = fitted.tensors.centres?.shape[0] ?? 0
  return { within, k, centres: tensorData(fitted.tensors, 'centres', k * within.d) }
}
