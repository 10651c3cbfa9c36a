import { conditionNumber, type Factor, factorise, largestEigenvalue } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import type { Moments } from './moments.js'
import { packedLength } from './packed.js'
import { inverseTimes, type Root, rootFromFitted, rootToFitted } from './root.js'
import { sampleMoments } from './sample-moments.js'
import { estimators, type Shrinkage, type ShrunkCovariance, shrink, shrinkages } from './shrinkage.js'
import { spanOf } from './span.js'
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
  /** L, and W = L^-1: the shrunk covariance of the standardised columns is L L^T. Constant columns stay by themselves. */
  readonly root: Root
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

interface FitOptions {
  readonly shrinkage: Shrinkage
  /** Of shrinkage, where it is not for the estimator to say. */
  readonly amount?: number | undefined
}

/**
 * Fits a whitening to the moments of rows that were standardised with `standardisation`. With a basis (r x d, orthonormal rows) of all that
 * the rows span, the moments are those of their r coordinates in it: the same whitening, at the cost of r columns.
 * @throws Error when there are fewer than two rows or no column varies.
 */
export const fitWhitening = async (
  moments: Moments,
  standardisation: Standardisation,
  options: FitOptions & { readonly basis?: Float64Array | undefined },
  matmul: MatMul,
): Promise<Whitening> => {
  const { n } = moments
  if (n < 2) throw new Error(`a reference needs at least 2 rows to have a covariance, got ${n}`)
  const { mean, scale } = standardisation
  const d = scale.length
  const columns = [...scale.keys()].filter((j) => scale[j] > 0)
  if (columns.length === 0) throw new Error(`none of the ${d} features varies in the reference; there is nothing to measure deviations by`)
  const { basis } = options
  const own = basis === undefined ? restrict(moments, columns) : moments
  const fitted = await regularise(estimate(own, columns.length, options), own.d, columns.length, matmul)
  const { factor, shrinkage, ridge, variance } = fitted
  const beyond = Math.sqrt(shrinkage * variance)
  const along = basis === undefined ? moments.mean : await matmul(moments.mean, basis, 1, own.d, d)
  return {
    n,
    d,
    mean: mean.map((value, j) => value + scale[j] * along[j]),
    scale,
    active: Array.from(scale, (value) => value > 0),
    root:
      basis === undefined
        ? { d, lower: embed(factor.lower, columns, d), inverse: embed(factor.inverse, columns, d) }
        : { d, ...factor, span: { basis, beyond } },
    method: options.shrinkage,
    shrinkage,
    ridge,
    condition:
      own.d === columns.length ? conditionNumber(fitted.covariance, factor, own.d) : largestEigenvalue(factor.lower, own.d) / beyond ** 2,
    logDet: 2 * (logProduct(factor.lower, own.d) + (columns.length - own.d) * Math.log(own.d < columns.length ? beyond : 1)),
  }
}

/** The same of standardised rows that are all in memory: by what they span where that are fewer dimensions than features vary. */
export const whitenRows = async (
  rows: Float64Array,
  standardisation: Standardisation,
  options: FitOptions,
  matmul: MatMul,
): Promise<Whitening> => {
  const d = standardisation.scale.length
  const n = rows.length / d
  if (!spansLess(n, standardisation)) return fitWhitening(await sampleMoments(rows, d, matmul), standardisation, options, matmul)
  const basis = await spanOf(rows, d, matmul)
  const r = basis.length / d
  const coordinates = await matmul(rows, transpose(basis, r, d), n, d, r)
  return fitWhitening(await sampleMoments(coordinates, r, matmul), standardisation, { ...options, basis }, matmul)
}

/** Whether n rows are fewer than the features that vary. */
export const spansLess = (n: number, { scale }: Standardisation): boolean =>
  n < scale.reduce((count, value) => count + Number(value > 0), 0)

const estimate = (moments: Moments, features: number, { shrinkage, amount }: FitOptions): ShrunkCovariance =>
  amount === undefined ? estimators[shrinkage](moments, features) : shrink(moments, amount, features)

const logProduct = (lower: Float64Array, r: number): number => {
  let sum = 0
  for (let i = 0; i < r; i++) sum += Math.log(lower[i * r + i])
  return sum
}

type Regularised = ShrunkCovariance & { readonly factor: Factor; readonly ridge: number }

/** Factors the covariance, d x d of so many features, with as much more shrinkage as it takes to be positive definite. */
const regularise = async (estimated: ShrunkCovariance, d: number, features: number, matmul: MatMul): Promise<Regularised> => {
  const asEstimated = await positive(estimated, d, features, matmul)
  if (asEstimated !== undefined) return { ...estimated, factor: asEstimated, ridge: 0 }
  for (let ridge = FIRST_RIDGE; ridge <= LAST_RIDGE; ridge *= 10) {
    const raised = shrinkFurther(estimated, d, ridge)
    const factor = await positive(raised, d, features, matmul)
    if (factor !== undefined) return { ...raised, factor, ridge }
  }
  throw new Error(
    `the covariance of the reference is not positive definite even with a ridge of ${LAST_RIDGE}; no column varies among the rows`,
  )
}

/** The factor of a covariance that is positive definite to working precision, also in the directions that its coordinates do not see. */
const positive = async (
  { covariance, shrinkage, variance }: ShrunkCovariance,
  d: number,
  features: number,
  matmul: MatMul,
): Promise<Factor | undefined> => {
  let largest = 0
  for (let i = 0; i < d; i++) largest = Math.max(largest, covariance[i * d + i])
  if (d < features && !(shrinkage * variance > features * Number.EPSILON * largest)) return undefined
  return factorise(covariance, d, matmul)
}

const shrinkFurther = ({ covariance, shrinkage, variance }: ShrunkCovariance, d: number, ridge: number): ShrunkCovariance => {
  const raised = covariance.map((value) => (1 - ridge) * value)
  for (let i = 0; i < d; i++) raised[i * d + i] += ridge * variance
  return { covariance: raised, variance, shrinkage: 1 - (1 - shrinkage) * (1 - ridge) }
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
  inverseTimes(whitening.root, standardise(row, 1, whitening))

/** As scalars and tensors for the bundle. */
export const whiteningToFitted = (whitening: Whitening): Fitted => {
  const { n, d, mean, scale, root, method, shrinkage, ridge, condition, logDet } = whitening
  const { scalars, tensors } = rootToFitted(root)
  return {
    scalars: { n, method, shrinkage, ridge, condition, logDet, ...scalars },
    tensors: { mean: { shape: [d], data: mean }, scale: { shape: [d], data: scale }, ...tensors },
  }
}

/** @throws Error naming the scalar or tensor that is missing or of the wrong type or size. */
export const whiteningFromFitted = (fitted: Fitted): Whitening => {
  const { scalars, tensors } = fitted
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
    root: rootFromFitted(fitted, d),
    method,
    shrinkage: scalarNumber(scalars, 'shrinkage'),
    ridge: scalarNumber(scalars, 'ridge'),
    condition: scalarNumber(scalars, 'condition'),
    logDet: scalarNumber(scalars, 'logDet'),
  }
}
