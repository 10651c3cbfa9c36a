import { dot, lowerTimes, times, transposedLowerTimes, transposedTimes } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import { packedLength, packLower, unpackLower } from './packed.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'

/**
 * A square root L of a d x d covariance L L^T, with its inverse. Triangular where there are as many rows as features. Rows that are fewer span
 * r < d directions, beyond which their covariance is what shrinkage made it, a multiple of the identity: then the triangle is that of r
 * coordinates, with Q their orthonormal basis L = b (I - Q^T Q) + Q^T lower Q, in r d numbers instead of d^2.
 */
export interface Root {
  readonly d: number
  /** r x r, lower triangular; r = d without a span. */
  readonly lower: Float64Array
  /** Its inverse. */
  readonly inverse: Float64Array
  readonly span?: RootSpan
}

export interface RootSpan {
  /** r x d, rows orthonormal. */
  readonly basis: Float64Array
  /** b: the standard deviation in every direction beyond it. */
  readonly beyond: number
}

type OfTriangle = (triangle: Float64Array, vector: Float64Array, r: number) => Float64Array

/** L v */
export const rootTimes = (root: Root, vector: Float64Array): Float64Array =>
  product(root, root.lower, root.span?.beyond ?? 1, vector, lowerTimes)

/** L^T v */
export const transposedRootTimes = (root: Root, vector: Float64Array): Float64Array =>
  product(root, root.lower, root.span?.beyond ?? 1, vector, transposedLowerTimes)

/** L^-1 v */
export const inverseTimes = (root: Root, vector: Float64Array): Float64Array =>
  product(root, root.inverse, 1 / (root.span?.beyond ?? 1), vector, lowerTimes)

/** L^-T v */
export const transposedInverseTimes = (root: Root, vector: Float64Array): Float64Array =>
  product(root, root.inverse, 1 / (root.span?.beyond ?? 1), vector, transposedLowerTimes)

const product = ({ d, span }: Root, triangle: Float64Array, beyond: number, vector: Float64Array, of: OfTriangle): Float64Array => {
  if (span === undefined) return of(triangle, vector, d)
  const along = times(span.basis, vector)
  const moved = of(triangle, along, along.length).map((value, i) => value - beyond * along[i])
  return transposedTimes(span.basis, moved).map((value, j) => value + beyond * vector[j])
}

/** X L of k x d rows: L^T of each. */
export const rowsTimesRoot = (root: Root, rows: Float64Array, matmul: MatMul): Promise<Float64Array> =>
  rowsProduct(root, root.lower, root.span?.beyond ?? 1, rows, matmul)

/** X L^T: L of each row. */
export const rowsTimesTransposedRoot = (root: Root, rows: Float64Array, matmul: MatMul): Promise<Float64Array> =>
  rowsProduct(root, transposed(root.lower), root.span?.beyond ?? 1, rows, matmul)

/** X L^-1: L^-T of each row. */
export const rowsTimesInverse = (root: Root, rows: Float64Array, matmul: MatMul): Promise<Float64Array> =>
  rowsProduct(root, root.inverse, 1 / (root.span?.beyond ?? 1), rows, matmul)

/** X L^-T: L^-1 of each row, which whitens standardised ones. */
export const rowsTimesTransposedInverse = (root: Root, rows: Float64Array, matmul: MatMul): Promise<Float64Array> =>
  rowsProduct(root, transposed(root.inverse), 1 / (root.span?.beyond ?? 1), rows, matmul)

const rowsProduct = async (
  { d, span }: Root,
  square: Float64Array,
  beyond: number,
  rows: Float64Array,
  matmul: MatMul,
): Promise<Float64Array> => {
  const k = rows.length / d
  if (span === undefined) return matmul(rows, square, k, d, d)
  const r = span.basis.length / d
  const along = await matmul(rows, transpose(span.basis, r, d), k, d, r)
  const moved = (await matmul(along, square, k, r, r)).map((value, at) => value - beyond * along[at])
  return (await matmul(moved, span.basis, k, r, d)).map((value, at) => value + beyond * rows[at])
}

const transposed = (square: Float64Array): Float64Array => {
  const r = Math.sqrt(square.length)
  return transpose(square, r, r)
}

/** Row j of L, d: what makes feature j of a whitened row. */
export const rootRow = (root: Root, j: number): Float64Array => {
  const { d, lower, span } = root
  if (span === undefined) return lower.subarray(j * d, (j + 1) * d)
  const unit = new Float64Array(d)
  unit[j] = 1
  return transposedRootTimes(root, unit)
}

/** Rows of L, one below the other. */
export const rootRows = (root: Root, features: ArrayLike<number>, matmul: MatMul): Promise<Float64Array> => {
  const units = new Float64Array(features.length * root.d)
  for (let i = 0; i < features.length; i++) units[i * root.d + features[i]] = 1
  return rowsTimesRoot(root, units, matmul)
}

/** The diagonal of L L^T. */
export const rootVariances = ({ d, lower, span }: Root): Float64Array => {
  if (span === undefined) return Float64Array.from({ length: d }, (_, j) => squaredLength(lower.subarray(j * d, j * d + j + 1)))
  const { basis, beyond } = span
  const r = basis.length / d
  return Float64Array.from({ length: d }, (_, j) => {
    const along = Float64Array.from({ length: r }, (_row, i) => basis[i * d + j])
    return squaredLength(transposedLowerTimes(lower, along, r)) + beyond ** 2 * (1 - squaredLength(along))
  })
}

const squaredLength = (vector: Float64Array): number => dot(vector, vector)

/** L L^T, d x d. */
export const covarianceOf = async (root: Root, matmul: MatMul): Promise<Float64Array> => {
  const { d, lower, span } = root
  const identity = () => Float64Array.from({ length: d * d }, (_, at) => Number(at % (d + 1) === 0))
  return rowsTimesTransposedRoot(root, span === undefined ? lower : await rowsTimesRoot(root, identity(), matmul), matmul)
}

/** For the bundle; the triangles are packed. */
export const rootToFitted = ({ d, lower, inverse, span }: Root): Fitted => {
  const r = Math.sqrt(lower.length)
  const triangle = (full: Float64Array) => ({ shape: [packedLength(r)], data: packLower(full, r) })
  return {
    scalars: span === undefined ? {} : { outside: span.beyond },
    tensors: {
      lower: triangle(lower),
      inverse: triangle(inverse),
      ...(span !== undefined && { basis: { shape: [r, d], data: span.basis } }),
    },
  }
}

/** @throws Error naming the scalar or tensor that is missing or of the wrong size. */
export const rootFromFitted = ({ scalars, tensors }: Fitted, d: number): Root => {
  const r = tensors.basis === undefined ? d : (tensors.basis.shape[0] ?? 0)
  const triangle = (name: string) => unpackLower(tensorData(tensors, name, packedLength(r)), r)
  const triangles = { d, lower: triangle('lower'), inverse: triangle('inverse') }
  if (tensors.basis === undefined) return triangles
  return { ...triangles, span: { basis: tensorData(tensors, 'basis', r * d), beyond: scalarNumber(scalars, 'outside') } }
}
