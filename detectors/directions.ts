import { type MatMul, transpose } from './matmul.js'
import { uniforms } from './random.js'
import { rowsTimesInverse, rowsTimesRoot, rowsTimesTransposedInverse, rowsTimesTransposedRoot } from './root.js'
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
export const extremeDirections = async ({ root, active, d }: Whitening, k: number, matmul: MatMul): Promise<Float64Array> => {
  const varying = [...active.keys()].filter((j) => active[j])
  if (varying.length <= k) return unitRows(varying, d)
  const trailing = Math.floor(k / 4)
  const leading = await dominant(
    async (rows) => rowsTimesTransposedRoot(root, await rowsTimesRoot(root, rows, matmul), matmul),
    active,
    k - trailing,
  )
  const least = await dominant(
    async (rows) => rowsTimesInverse(root, await rowsTimesTransposedInverse(root, rows, matmul), matmul),
    active,
    trailing,
  )
  // A direction v of standardised rows is L^T v in whitened ones.
  return orthonormalise(await rowsTimesRoot(root, Float64Array.from([...leading, ...least]), matmul), d)
}

/** Basis (n x d, orthonormal rows) of the dominant subspace of a symmetric operator that leaves the features that do not vary apart. */
const dominant = async (
  apply: (rows: Float64Array) => Promise<Float64Array>,
  active: readonly boolean[],
  n: number,
): Promise<Float64Array> => {
  const d = active.length
  const uniform = uniforms(SEED)
  // Drawn feature by feature.
  let basis = transpose(
    Float64Array.from({ length: d * n }, (_, at) => (active[Math.floor(at / n)] ? uniform() - 0.5 : 0)),
    d,
    n,
  )
  for (let step = 0; step < STEPS; step++) basis = orthonormalise(await apply(basis), d)
  return basis
}

const unitRows = (columns: readonly number[], d: number): Float64Array => {
  const rows = new Float64Array(columns.length * d)
  columns.forEach((column, i) => {
    rows[i * d + column] = 1
  })
  return rows
}
