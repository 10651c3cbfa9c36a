import { type MatMul, transpose } from './matmul.js'

/** The k nearest of some rows, the nearest first: their indices and Euclidean distances. */
export interface Neighbours {
  readonly indices: Int32Array
  readonly distances: Float64Array
}

/** Rows whose products are held at once. */
const BLOCK = 256

/** The k nearest of m rows (m x d) to one row, or all m where there are no more; squared distances times a weight of each of the m, if given. */
export const nearest = (rows: Float64Array, d: number, row: Float64Array, k: number, weights?: Float64Array): Neighbours => {
  const squares = new Float64Array(rows.length / d)
  for (let i = 0; i < squares.length; i++) squares[i] = squaredDistance(rows, i * d, row)
  if (weights !== undefined) for (let i = 0; i < squares.length; i++) squares[i] *= weights[i]
  return smallest(squares, k)
}

/** Of row i the rows [from, to) that do not count as its neighbours, itself among them. */
export type Beside = (i: number) => readonly [from: number, to: number]

const itself: Beside = (i) => [i, i + 1]

/** For each of m rows (m x d) its k nearest among the others. O(m^2 d), as matrix products. */
export const nearestOthers = async (
  rows: Float64Array,
  d: number,
  k: number,
  matmul: MatMul,
  beside: Beside = itself,
): Promise<Neighbours[]> => {
  const m = rows.length / d
  const columns = transpose(rows, m, d)
  const norms = Float64Array.from({ length: m }, (_, i) => squaredDistance(rows, i * d, new Float64Array(d)))
  const found: Neighbours[] = []
  const squares = new Float64Array(m)
  for (let from = 0; from < m; from += BLOCK) {
    const count = Math.min(BLOCK, m - from)
    const products = await matmul(rows.slice(from * d, (from + count) * d), columns, count, d, m)
    for (let i = 0; i < count; i++) {
      squaresOf(norms, from + i, products.subarray(i * m, (i + 1) * m), squares)
      squares.fill(Number.POSITIVE_INFINITY, ...beside(from + i))
      found.push(smallest(squares, Math.min(k, m - 1)))
    }
  }
  return found
}

/** Squared distances of row i to all, by its products with them. A plain loop, here and below: in a fit it runs through millions of pairs. */
const squaresOf = (norms: Float64Array, i: number, products: Float64Array, squares: Float64Array): void => {
  const norm = norms[i]
  for (let j = 0; j < norms.length; j++) squares[j] = Math.max(0, norms[j] + norm - 2 * products[j])
}

const squaredDistance = (rows: Float64Array, at: number, row: Float64Array): number => {
  let sum = 0
  for (let j = 0; j < row.length; j++) sum += (rows[at + j] - row[j]) ** 2
  return sum
}

/** The k smallest squares, rising; the first of equal ones first. */
const smallest = (squares: Float64Array, k: number): Neighbours => {
  const indices = new Int32Array(Math.min(k, squares.length))
  const last = indices.length - 1
  /** The largest of the k found. */
  let limit = Number.POSITIVE_INFINITY
  for (let i = 0; i < squares.length; i++) {
    if (i > last && squares[i] >= limit) continue
    let at = Math.min(i, last)
    for (; at > 0 && squares[indices[at - 1]] > squares[i]; at--) indices[at] = indices[at - 1]
    indices[at] = i
    limit = squares[indices[last]]
  }
  return { indices, distances: Float64Array.from(indices, (i) => Math.sqrt(squares[i])) }
}
