import { dot } from './linalg.js'
import type { MatMul } from './matmul.js'
import type { Moments } from './moments.js'
import { packedTrace, unpackSymmetric } from './packed.js'
import { rowsTimesRoot } from './root.js'
import { leadingSpectrum } from './spectrum.js'
import { Unfit } from './unfit.js'
import type { Whitening } from './whitening.js'

/** The leading principal components of the standardised features. */
export interface Principal {
  readonly k: number
  /** k x d, rows orthonormal, the one of the largest variance first. */
  readonly components: Float64Array
  /** k: their variances under the whitening's shrunk covariance. */
  readonly variances: Float64Array
}

/** Leading components hold at least this part of the variance. */
const PART = 0.95
const MOST = 64

/**
 * As few components as hold 95 % of the variance, but at most 64 and fewer than there are features that vary.
 * @throws Unfit when fewer than two features vary.
 */
export const principalComponents = async ({ n, d, scatter }: Moments, { active, root }: Whitening, matmul: MatMul): Promise<Principal> => {
  const varying = active.filter(Boolean).length
  if (varying < 2) throw new Unfit(`principal components need at least 2 features that vary in the reference, got ${varying}; use gaussian`)
  const covariance = unpackSymmetric(scatter, d).map((value) => value / n)
  const most = Math.min(MOST, varying - 1)
  const { values, vectors } = await leadingSpectrum(covariance, d, most, matmul)
  const k = fewest(values, (PART * packedTrace(scatter, d)) / n)
  const components = vectors.slice(0, k * d)
  const deviations = await rowsTimesRoot(root, components, matmul)
  const variances = Float64Array.from({ length: k }, (_, i) => {
    const deviation = deviations.subarray(i * d, (i + 1) * d)
    return dot(deviation, deviation)
  })
  return { k, components, variances }
}

/** How many of the values, from the first on, sum to `enough`; all of them when they do not. */
export const fewest = (values: Float64Array, enough: number): number => {
  let sum = 0
  const last = values.findIndex((value) => {
    sum += value
    return sum >= enough
  })
  return last < 0 ? values.length : last + 1
}
