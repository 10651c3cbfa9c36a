import { type MatMul, transpose } from './matmul.js'
import { uniforms } from './random.js'
import { orthonormalise } from './spectrum.js'
import type { Whitening } from './whitening.js'

/** Steps of the subspace iteration: the statistics ask for a fixed basis near the extreme directions, not for exact eigenvectors. */
const STEPS = 100
const SEED = 1

/**
 * An orthonormal basis (k x d, in whitened coordinates) of the directions in which standardised rows vary most and least: of all of them
 * where no more than k features vary, else of the leading three quarters and the trailing quarter. Of the covariance L L^T by subspace
 * iteration, so that it does not depend on the order of the features. A feature that never varied is in none of them.
 */
export const extremeDirections = async ({ lower, inverse, active, d }: Whitening, k: number, matmul: MatMul): Promise<Float64Array> => {
  const varying = [...active.keys()].filter((j) => active[j])
  if (varying.length <= k) return unitRows(varying, d)
  const trailing = Math.floor(k / 4)
  const up = transpose(lower, d, d)
  const down = transpose(inverse, d, d)
  const leading = await dominant(async (v, n) => matmul(lower, await matmul(up, v, d, d, n), d, d, n), active, k - trailing)
  const least = await dominant(async (v, n) => matmul(down, await matmul(inverse, v, d, d, n), d, d, n), active, trailing)
  // A direction v of standardised rows is L^T v in whitened ones.
  const both = Float64Array.from([...transpose(leading, d, k - trailing), ...transpose(least, d, trailing)])
  return orthonormalise(transpose(await matmul(up, transpose(both, k, d), d, d, k), d, k), d)
}

/** Basis (d x n, orthonormal columns) of the dominant subspace of a symmetric operator that leaves the features that do not vary apart. */
const dominant = async (
  apply: (v: Float64Array, n: number) => Promise<Float64Array>,
  active: readonly boolean[],
  n: number,
): Promise<Float64Array> => {
  const d = active.length
  const uniform = uniforms(SEED)
  let basis: Float64Array = Float64Array.from({ length: d * n }, (_, at) => (active[Math.floor(at / n)] ? uniform() - 0.5 : 0))
  for (let step = 0; step < STEPS; step++) basis = transpose(orthonormalise(transpose(await apply(basis, n), d, n), d), n, d)
  return basis
}

const unitRows = (columns: readonly number[], d: number): Float64Array => {
  const rows = new Float64Array(columns.length * d)
  columns.forEach((column, i) => {
    rows[i * d + column] = 1
  })
  return rows
}
