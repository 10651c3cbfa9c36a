import { type MatMul, transpose } from './matmul.js'
import { uniforms } from './random.js'
import { orthonormalise } from './spectrum.js'

/** Steps of the subspace iteration: the statistics ask for a fixed basis near the extreme directions, not for exact eigenvectors. */
const STEPS = 100
const SEED = 1

/**
 * An orthonormal basis (k x d, in whitened coordinates) of the directions in which standardised rows vary most and least: of all of them
 * where d <= k, else of the leading three quarters and the trailing quarter. Of the covariance L L^T by subspace iteration, so that it
 * does not depend on the order of the features.
 * @param lower L, @param inverse L^-1, d x d
 */
export const extremeDirections = async (
  lower: Float64Array,
  inverse: Float64Array,
  d: number,
  k: number,
  matmul: MatMul,
): Promise<Float64Array> => {
  if (d <= k) return identity(d)
  const trailing = Math.floor(k / 4)
  const up = transpose(lower, d, d)
  const down = transpose(inverse, d, d)
  const leading = await dominant(async (v, n) => matmul(lower, await matmul(up, v, d, d, n), d, d, n), d, k - trailing)
  const least = await dominant(async (v, n) => matmul(down, await matmul(inverse, v, d, d, n), d, d, n), d, trailing)
  // A direction v of standardised rows is L^T v in whitened ones.
  const both = Float64Array.from([...transpose(leading, d, k - trailing), ...transpose(least, d, trailing)])
  return orthonormalise(transpose(await matmul(up, transpose(both, k, d), d, d, k), d, k), d)
}

/** Basis (d x n, orthonormal columns) of the dominant subspace of a symmetric operator. */
const dominant = async (apply: (v: Float64Array, n: number) => Promise<Float64Array>, d: number, n: number): Promise<Float64Array> => {
  const uniform = uniforms(SEED)
  let basis: Float64Array = Float64Array.from({ length: d * n }, () => uniform() - 0.5)
  for (let step = 0; step < STEPS; step++) basis = transpose(orthonormalise(transpose(await apply(basis, n), d, n), d), n, d)
  return basis
}

const identity = (d: number): Float64Array => {
  const matrix = new Float64Array(d * d)
  for (let i = 0; i < d; i++) matrix[i * d + i] = 1
  return matrix
}
