import { dot, factorise } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import type { Moments } from './moments.js'
import { packLower, unpackSymmetric } from './packed.js'

/** A row of which no more than this part is left beyond the others lies in their span. */
const ROUNDING = 1e-10
/** Part of a row's squared length beyond those before it: with less, its direction waits for the next round, which sees it enlarged. */
const CLEAR = 1e-4

/**
 * An orthonormal basis (r x d) of what k x d rows span, r <= k. Through the k x k matrix of their products: Cholesky without the rows that
 * depend on others, and once more for the rounding ("CholeskyQR2", Yamamoto et al. 2015), so that O(k^2 d) is matrix products.
 */
export const spanOf = async (rows: Float64Array, d: number, matmul: MatMul): Promise<Float64Array> => {
  let basis = new Float64Array(0)
  let rest = unitRows(rows, d, 0)
  while (rest.length > 0) {
    const k = rest.length / d
    const { kept, inverse } = independentRows(await matmul(rest, transpose(rest, k, d), k, d, k), k)
    const part = await orthonormal(await matmul(inverse, pick(rest, d, kept), kept.length, kept.length, d), d, matmul)
    basis = joined(basis, part)
    const others = [...Array(k).keys()].filter((i) => !kept.includes(i))
    // What is left of them is enlarged and freed of the basis again, so that rounding is as small beside it as it was beside them.
    const left = unitRows(await beyond(pick(rest, d, others), basis, d, matmul), d, ROUNDING)
    rest = unitRows(await beyond(left, basis, d, matmul), d, 0)
  }
  return basis
}

/** Rows scaled to length 1, without those that are no longer than `least`. */
const unitRows = (rows: Float64Array, d: number, least: number): Float64Array => {
  const units = new Float64Array(rows.length)
  let end = 0
  for (let at = 0; at < rows.length; at += d) {
    const row = rows.subarray(at, at + d)
    const length = Math.sqrt(dot(row, row))
    if (!(length > least)) continue
    for (let j = 0; j < d; j++) units[end + j] = row[j] / length
    end += d
  }
  return units.subarray(0, end)
}

const pick = (rows: Float64Array, d: number, indices: readonly number[]): Float64Array => {
  const picked = new Float64Array(indices.length * d)
  indices.forEach((index, i) => {
    picked.set(rows.subarray(index * d, (index + 1) * d), i * d)
  })
  return picked
}

const joined = (one: Float64Array, other: Float64Array): Float64Array<ArrayBuffer> => {
  const both = new Float64Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

/** The rows less their projections on the basis. */
const beyond = async (rows: Float64Array, basis: Float64Array, d: number, matmul: MatMul): Promise<Float64Array> => {
  const [k, r] = [rows.length / d, basis.length / d]
  const projected = await matmul(await matmul(rows, transpose(basis, r, d), k, d, r), basis, k, r, d)
  return rows.map((value, at) => value - projected[at])
}

/** Nearly orthonormal rows made so to working precision. */
const orthonormal = async (rows: Float64Array, d: number, matmul: MatMul): Promise<Float64Array> => {
  const k = rows.length / d
  const factor = await factorise(await matmul(rows, transpose(rows, k, d), k, d, k), k, matmul)
  if (factor === undefined) throw new Error('span: rows that were chosen as independent are not')
  return matmul(factor.inverse, rows, k, k, d)
}

/** Of k unit rows with these products the first, and each that is clear of the ones kept before it; L^-1 of the products of those kept. */
const independentRows = (products: Float64Array, k: number): { kept: number[]; inverse: Float64Array } => {
  const kept: number[] = []
  const factor: Float64Array[] = []
  const inverses: Float64Array[] = []
  for (let i = 0; i < k; i++) {
    const row = new Float64Array(kept.length + 1)
    let pivot = products[i * k + i]
    for (const [j, other] of kept.entries()) {
      const above = factor[j]
      let sum = products[i * k + other]
      for (let l = 0; l < j; l++) sum -= row[l] * above[l]
      row[j] = sum / above[j]
      pivot -= row[j] * row[j]
    }
    if (!(pivot > CLEAR)) continue
    const r = kept.length
    row[r] = Math.sqrt(pivot)
    const inverse = new Float64Array(r + 1)
    for (let l = 0; l < r; l++) for (let j = 0; j <= l; j++) inverse[j] -= row[l] * inverses[l][j]
    for (let j = 0; j < r; j++) inverse[j] /= row[r]
    inverse[r] = 1 / row[r]
    kept.push(i)
    factor.push(row)
    inverses.push(inverse)
  }
  const r = kept.length
  const inverse = new Float64Array(r * r)
  inverses.forEach((row, i) => {
    inverse.set(row, i * r)
  })
  return { kept, inverse }
}

/** Moments of rows of d features, of those of their coordinates in a span (r x d) that holds them. */
export const momentsOutOf = async (
  { n, d: r, mean, scatter, cubic, quartic }: Moments,
  basis: Float64Array,
  matmul: MatMul,
): Promise<Moments> => {
  const d = basis.length / r
  const rows = await matmul(unpackSymmetric(scatter, r), basis, r, r, d)
  const whole = await matmul(transpose(basis, r, d), rows, d, r, d)
  const [ownMean, ownCubic] = [await matmul(mean, basis, 1, r, d), await matmul(cubic, basis, 1, r, d)]
  return { n, d, mean: ownMean, scatter: packLower(whole, d), cubic: ownCubic, quartic }
}
