import type { FeatureShare } from './detector.js'
import { dot } from './linalg.js'
import { neighboursGraph } from './neighbours-graph.js'
import type { GraphBuilder } from './onnx-graph.js'
import { pullShares } from './pull-shares.js'
import { inverseTimes, transposedInverseTimes } from './root.js'
import { standardiseFloat, whitenInGraph } from './scoring-graph.js'
import { type Fitted, tensorData } from './stored.js'
import { type Whitening, whiteningFromFitted, whiteningToFitted } from './whitening.js'

/** Centres of sub-populations of the reference, and the covariance within them, which all share. */
export interface Centres {
  /** Of the deviations from the centres; its mean is 0. */
  readonly within: Whitening
  readonly k: number
  /** k x d, standardised. */
  readonly centres: Float64Array
}

/** Appends the nodes that give the smallest squared Mahalanobis distance of each standardised row to a centre; returns its name [n]. */
export const nearestCentreGraph = ({ within, k, centres }: Centres, builder: GraphBuilder, standardised: string): string => {
  const z = whitenInGraph(builder, standardiseFloat(builder, standardised, within), within.root)
  const { distances } = neighboursGraph(builder, z, whitenedCentres(centres, within), k, 1)
  return builder.node('ReduceSumSquare', [distances], { axes: [1], keepdims: 0 })
}

/** The same of one standardised row, with the features' shares of it. */
export const nearestCentre = ({ within, k, centres }: Centres, u: Float64Array): { readonly score: number; shares(): FeatureShare[] } => {
  const { d, root } = within
  const candidates = Array.from({ length: k }, (_, c) => {
    const deviation = u.map((value, j) => value - centres[c * d + j])
    const z = inverseTimes(root, deviation)
    return { deviation, z, score: dot(z, z) }
  })
  const { deviation, z, score } = candidates.reduce((best, other) => (other.score < best.score ? other : best))
  return { score, shares: () => pullShares(deviation, transposedInverseTimes(root, z)) }
}

/** k x d centres as the rows that are compared with them. */
export const whitenedCentres = (centres: Float64Array, { d, root }: Whitening): Float64Array => {
  const whitened = new Float64Array(centres.length)
  for (let at = 0; at < centres.length; at += d) whitened.set(inverseTimes(root, centres.subarray(at, at + d)), at)
  return whitened
}

export const centresToFitted = ({ within, k, centres }: Centres): Fitted => {
  const { scalars, tensors } = whiteningToFitted(within)
  return { scalars, tensors: { ...tensors, centres: { shape: [k, within.d], data: centres } } }
}

export const centresFromFitted = (fitted: Fitted): Centres => {
  const within = whiteningFromFitted(fitted)
  const k = fitted.tensors.centres?.shape[0] ?? 0
  return { within, k, centres: tensorData(fitted.tensors, 'centres', k * within.d) }
}
