import { conditionNumber, type Factor, factorise, lowerTimes } from './linalg.js'
import type { MatMul } from './matmul.js'
import type { Moments } from './moments.js'
import { packedLength, packLower, unpackLower } from './packed.js'
import { estimators, type Shrinkage, type ShrunkCovariance, shrink, shrinkages } from './shrinkage.js'
import { type Standardisation, standardise } from './standardisation.js'

import { type Fitted, scalarNumber, tensorData } from './stored.js'

/**
 * The map x -> z = W u, u = clip((x - mean) / scale), under which the reference has mean 0 and the identity as (shrunk) covariance.
 * D^2 = |z|^2. Constant columns are left out: their u and z are always 0.
 */
export interface Whitening extends Standardisation {
  /** Reference rows. */
  readonly n: number
  readonly d: number
  /** Which columns varied in the reference. */
  readonly active: readonly boolean[]
  /** L, d x d: the shrunk covariance of the standardised columns is L L^T; unit rows for constant columns. */
  readonly lower: Float64Array
  /** W = L^-1, d x d. */
  readonly inverse: Float64Array
  readonly method: Shrinkage
  /** Shrinkage of the covariance in use, the ridge included. */
  readonly shrinkage: number
  /** Extra shrinkage that was needed to make the covariance positive definite; 0 almost always. */
  readonly ridge: number
  /** Largest over smallest eigenvalue of the covariance in use. */
  readonly condition: number
  /** ln det of the covariance in use (standardised units). */
  readonly logDet: number
}

const FIRST_RIDGE = 1e-10
const LAST_RIDGE = 1e-2

/**
 * Fits a whitening to the moments of rows that were standardised with `standardisation`. `amount`: of shrinkage, where it is not for
 * the estimator to say.
 * @throws Error when there are fewer than two rows or no column varies.
 */
export const fitWhitening = async (
  moments: Moments,
  standardisation: Standardisation,
  options: { readonly shrinkage: Shrinkage; readonly amount?: number | undefined },
  matmul: MatMul,
): Promise<Whitening> => {
  const { n, d } = moments
  if (n < 2) throw new Error(`a reference needs at least 2 rows to have a covariance, got ${n}`)
  const { mean, scale } = standardisation
  const columns = [...scale.keys()].filter((j) => scale[j] > 0)
  if (columns.length === 0) throw new Error(`none of the ${d} features varies in the reference; there is nothing to measure deviations by`)
  const varying = restrict(moments, columns)
  const estimated = options.amount === undefined ? estimators[options.shrinkage](varying) : shrink(varying, options.amount)
  const { factor, covariance, shrinkage, ridge } = await regularise(estimated, columns.length, matmul)
  return {
    n,
    d,
    mean: mean.map((value, j) => value + scale[j] * moments.mean[j]),
    scale,
    active: Array.from(scale, (value) => value > 0),
    lower: embed(factor.lower, columns, d),
    inverse: embed(factor.inverse, columns, d),
    method: options.shrinkage,
    shrinkage,
    ridge,
    condition: conditionNumber(covariance, factor, columns.length),
    logDet: 2 * columns.reduce((sum, _, i) => sum + Math.log(factor.lower[i * columns.length + i]), 0),
  }
}

/** Factors the covariance, with as much more shrinkage as it takes to be positive definite. */
const regularise = async (
  { covariance, shrinkage }: ShrunkCovariance,
  d: number,
  matmul: MatMul,
): Promise<ShrunkCovariance & { factor: Factor; ridge: number }> => {
  const asEstimated = await factorise(covariance, d, matmul)
  if (asEstimated !== undefined) return { factor: asEstimated, covariance, shrinkage, ridge: 0 }
  for (let ridge = FIRST_RIDGE; ridge <= LAST_RIDGE; ridge *= 10) {
    const raised = shrinkFurther(covariance, d, ridge)
    const factor = await factorise(raised, d, matmul)
    if (factor !== undefined) return { factor, covariance: raised, shrinkage: 1 - (1 - shrinkage) * (1 - ridge), ridge }
  }
  throw new Error(
    `the covariance of the reference is not positive definite even with a ridge of ${LAST_RIDGE}; no column varies among the rows`,
  )
}

const shrinkFurther = (covariance: Float64Array, d: number, ridge: number): Float64Array => {
  let trace = 0
  for (let i = 0; i < d; i++) trace += covariance[i * d + i]
  const raised = covariance.map((value) => (1 - ridge) * value)
  for (let i = 0; i < d; i++) raised[i * d + i] += (ridge * trace) / d
  return raised
}

/** Moments of the varying columns. The other ones are 0 in every row, so that the norms in `cubic` and `quartic` stay right. */
const restrict = (moments: Moments, columns: readonly number[]): Moments => {
  const d = columns.length
  if (d === moments.d) return moments
  const pick = (values: Float64Array) => Float64Array.from(columns, (j) => values[j])
  const scatter = new Float64Array(packedLength(d))
  for (let i = 0, at = 0; i < d; i++)
    for (let j = 0; j <= i; j++, at++) scatter[at] = moments.scatter[packedLength(columns[i]) + columns[j]]
  return { n: moments.n, d, mean: pick(moments.mean), scatter, cubic: pick(moments.cubic), quartic: moments.quartic }
}

/** A triangular matrix of the varying columns as one of all d columns, with unit rows for the others. */
const embed = (part: Float64Array, columns: readonly number[], d: number): Float64Array => {
  if (columns.length === d) return part
  const whole = new Float64Array(d * d)
  for (let j = 0; j < d; j++) whole[j * d + j] = 1
  columns.forEach((row, i) => {
    for (let j = 0; j <= i; j++) whole[row * d + columns[j]] = part[i * columns.length + j]
  })
  return whole
}

/** z of one raw row, in float64: for explanations and golden values; the stream goes through the scoring graph. */
export const whiten = (whitening: Whitening, row: Float64Array): Float64Array =>
  lowerTimes(whitening.inverse, standardise(row, 1, whitening), whitening.d)

/** As scalars and tensors for the bundle; the triangles are packed. */
export const whiteningToFitted = (whitening: Whitening): Fitted => {
  const { n, d, mean, scale, lower, inverse, method, shrinkage, ridge, condition, logDet } = whitening
  return {
    scalars: { n, method, shrinkage, ridge, condition, logDet },
    tensors: {
      mean: { shape: [d], data: mean },
      scale: { shape: [d], data: scale },
      lower: { shape: [packedLength(d)], data: packLower(lower, d) },
      inverse: { shape: [packedLength(d)], data: packLower(inverse, d) },
    },
  }
}

/** @throws Error naming the scalar or tensor that is missing or of the wrong type or size. */
export const whiteningFromFitted = ({ scalars, tensors }: Fitted): Whitening => {
  const d = tensors.mean?.data.length ?? 0
  const method = shrinkages.find((name) => name === scalars.method)
  if (method === undefined) throw new Error(`whitening: method '${scalars.method}' is unknown, expected ${shrinkages.join(' or ')}`)
  const scale = tensorData(tensors, 'scale', d)
  return {
    n: scalarNumber(scalars, 'n'),
    d,
    mean: tensorData(tensors, 'mean', d),
    scale,
    active: Array.from(scale, (value) => value > 0),
    lower: unpackLower(tensorData(tensors, 'lower', packedLength(d)), d),
    inverse: unpackLower(tensorData(tensors, 'inverse', packedLength(d)), d),
    method,
    shrinkage: scalarNumber(scalars, 'shrinkage'),
    ridge: scalarNumber(scalars, 'ridge'),
    condition: scalarNumber(scalars, 'condition'),
    logDet: scalarNumber(scalars, 'logDet'),
  }
}
