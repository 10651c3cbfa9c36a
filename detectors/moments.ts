import { packedLength, packedTimes, packedTrace } from './packed.js'
import { type Tensor, tensorData } from './stored.js'

/**
 * What a covariance with Ledoit-Wolf shrinkage needs to know of n rows of d features, in float64. Moments of parts merge into those of
 * the whole (Chan et al. 1979; the third and fourth order for Ledoit-Wolf likewise), so that folds and workers can be fitted apart.
 * Below, y = x - mean.
 */
export interface Moments {
  readonly n: number
  readonly d: number
  /** d */
  readonly mean: Float64Array
  /** Sum of y y^T: its lower triangle (see packed.ts). */
  readonly scatter: Float64Array
  /** Sum of |y|^2 y, d. */
  readonly cubic: Float64Array
  /** Sum of |y|^4. */
  readonly quartic: number
}

export const emptyMoments = (d: number): Moments => ({
  n: 0,
  d,
  mean: new Float64Array(d),
  scatter: new Float64Array(packedLength(d)),
  cubic: new Float64Array(d),
  quartic: 0,
})

/** Moments of the rows of a and b together. Neither is changed. */
export const merge = (a: Moments, b: Moments): Moments => {
  if (a.d !== b.d) throw new Error(`moments of ${a.d} and of ${b.d} features cannot be merged; they come from different feature lists`)
  if (a.n === 0) return b
  if (b.n === 0) return a
  const n = a.n + b.n
  const delta = b.mean.map((value, j) => value - a.mean[j])
  const mean = a.mean.map((value, j) => value + (delta[j] * b.n) / n)
  const weight = (a.n * b.n) / n
  const scatter = new Float64Array(a.scatter.length)
  for (let i = 0, at = 0; i < a.d; i++) {
    const scaled = weight * delta[i]
    for (let j = 0; j <= i; j++, at++) scatter[at] = a.scatter[at] + b.scatter[at] + scaled * delta[j]
  }
  const left = recentre(
    a,
    delta.map((value) => (-value * b.n) / n),
  )
  const right = recentre(
    b,
    delta.map((value) => (value * a.n) / n),
  )
  return { n, d: a.d, mean, scatter, cubic: left.cubic.map((value, j) => value + right.cubic[j]), quartic: left.quartic + right.quartic }
}

/** Third and fourth order about another centre; shift = old mean - new mean. */
const recentre = ({ n, d, scatter, cubic, quartic }: Moments, shift: Float64Array): { cubic: Float64Array; quartic: number } => {
  const product = packedTimes(scatter, shift, d)
  const trace = packedTrace(scatter, d)
  const squared = dot(shift, shift)
  return {
    cubic: cubic.map((value, j) => value + trace * shift[j] + 2 * product[j] + n * squared * shift[j]),
    quartic: quartic + 4 * dot(cubic, shift) + 4 * dot(shift, product) + 2 * squared * trace + n * squared * squared,
  }
}

/** Moments as named tensors, so that a stored reference can be merged with another later. */
export const momentsToTensors = ({ n, d, mean, scatter, cubic, quartic }: Moments): Record<string, Tensor> => ({
  count: { shape: [1], data: Float64Array.of(n) },
  mean: { shape: [d], data: mean },
  scatter: { shape: [packedLength(d)], data: scatter },
  cubic: { shape: [d], data: cubic },
  quartic: { shape: [1], data: Float64Array.of(quartic) },
})

/** @throws Error naming the tensor that is missing or of another size. */
export const momentsFromTensors = (tensors: Readonly<Record<string, Tensor>>): Moments => {
  const d = tensors.mean?.data.length ?? 0
  return {
    n: tensorData(tensors, 'count', 1)[0],
    d,
    mean: tensorData(tensors, 'mean', d),
    scatter: tensorData(tensors, 'scatter', packedLength(d)),
    cubic: tensorData(tensors, 'cubic', d),
    quartic: tensorData(tensors, 'quartic', 1)[0],
  }
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, j) => sum + value * b[j], 0)
