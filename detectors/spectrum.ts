import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { dot } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import { uniforms } from './random.js'

/** Eigenvalues, the largest first, and the eigenvectors as the rows of a k x d matrix: orthonormal, or all zeros where a has no more. */
export interface Spectrum {
  readonly values: Float64Array
  readonly vectors: Float64Array
}

/** Above it all eigenvectors would take minutes; the largest alone are found by iteration. */
const EXACT = 512
const STEPS = 20
const SEED = 1
/** What is left of a vector of which less remains, after taking off its projections, is rounding. */
const ROUNDING = 1e-10

/** The k largest eigenvalues of a symmetric positive semidefinite d x d matrix. */
export const leadingSpectrum = (a: Float64Array, d: number, k: number, matmul: MatMul): Promise<Spectrum> =>
  d <= EXACT ? Promise.resolve(exactSpectrum(a, d, k)) : iterate(a, d, k, matmul)

const exactSpectrum = (a: Float64Array, d: number, k: number): Spectrum => {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(d, d, a), { assumeSymmetric: true })
  const largest = Array.from({ length: k }, (_, i) => d - 1 - i)
  return {
    values: Float64Array.from(largest, (column) => Math.max(0, realEigenvalues[column])),
    vectors: Float64Array.from({ length: k * d }, (_, at) => eigenvectorMatrix.get(at % d, largest[Math.floor(at / d)])),
  }
}

/** Orthogonal iteration, then Rayleigh-Ritz. O(d^2 k) a step; close eigenvalues at the end of the k may still be mixed. */
const iterate = async (a: Float64Array, d: number, k: number, matmul: MatMul): Promise<Spectrum> => {
  const uniform = uniforms(SEED)
  let vectors = orthonormalise(
    Float64Array.from({ length: k * d }, () => uniform() - 0.5),
    d,
  )
  for (let step = 0; step < STEPS; step++) vectors = orthonormalise(await matmul(vectors, a, k, d, d), d)
  vectors = orthonormalise(vectors, d)
  const within = await matmul(await matmul(vectors, a, k, d, d), transpose(vectors, k, d), k, d, k)
  const rotation = exactSpectrum(within, k, k)
  return { values: rotation.values, vectors: await matmul(rotation.vectors, vectors, k, k, d) }
}

/** The rows of a k x d matrix made orthonormal one after the other (modified Gram-Schmidt), in place; zeros where nothing is left. */
export const orthonormalise = (rows: Float64Array, d: number): Float64Array => {
  const done: Float64Array[] = []
  for (let at = 0; at < rows.length; at += d) {
    const row = rows.subarray(at, at + d)
    const length = Math.sqrt(dot(row, row))
    for (const other of done) addScaled(row, -dot(row, other), other)
    const left = Math.sqrt(dot(row, row))
    const scale = left > ROUNDING * length ? 1 / left : 0
    for (let j = 0; j < d; j++) row[j] *= scale
    if (scale > 0) done.push(row)
  }
  return rows
}

const addScaled = (row: Float64Array, factor: number, other: Float64Array): void => {
  for (let j = 0; j < row.length; j++) row[j] += factor * other[j]
}
