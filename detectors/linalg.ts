import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { type MatMul, transpose } from './matmul.js'

/** A = L L^T with its lower factor L and L^-1, both full row-major d x d with zeros above the diagonal. */
export interface Factor {
  readonly lower: Float64Array
  readonly inverse: Float64Array
}

/** Blocks up to this size are factored by plain loops; above it the work is matrix products. */
const BLOCK = 64
const EXACT_SPECTRUM = 64
const POWER_STEPS = 30

/**
 * Cholesky factor and its inverse of a symmetric d x d matrix, by halves: everything above a small block is matrix products.
 * Undefined when a pivot is at most d * eps * (largest diagonal entry): not positive definite to working precision.
 */
export const factorise = async (a: Float64Array, d: number, matmul: MatMul): Promise<Factor | undefined> => {
  let largest = 0
  for (let i = 0; i < d; i++) largest = Math.max(largest, a[i * d + i])
  return factorHalves(a, d, d * Number.EPSILON * largest, matmul)
}

const factorHalves = async (a: Float64Array, d: number, floor: number, matmul: MatMul): Promise<Factor | undefined> => {
  if (d <= BLOCK) return factorBlock(a, d, floor)
  const h = d >> 1
  const r = d - h
  const first = await factorHalves(block(a, d, 0, 0, h, h), h, floor, matmul)
  if (first === undefined) return undefined
  const across = await matmul(block(a, d, h, 0, r, h), transpose(first.inverse, h, h), r, h, h)
  const explained = await matmul(across, transpose(across, r, h), r, h, r)
  const rest = block(a, d, h, h, r, r)
  for (let i = 0; i < rest.length; i++) rest[i] -= explained[i]
  const second = await factorHalves(rest, r, floor, matmul)
  if (second === undefined) return undefined
  const back = await matmul(second.inverse, await matmul(across, first.inverse, r, h, h), r, r, h)
  for (let i = 0; i < back.length; i++) back[i] = -back[i]
  return {
    lower: assemble(first.lower, across, second.lower, h, r),
    inverse: assemble(first.inverse, back, second.inverse, h, r),
  }
}

const factorBlock = (a: Float64Array, d: number, floor: number): Factor | undefined => {
  const lower = new Float64Array(d * d)
  const inverse = new Float64Array(d * d)
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * d + j]
      for (let k = 0; k < j; k++) sum -= lower[i * d + k] * lower[j * d + k]
      if (j < i) lower[i * d + j] = sum / lower[j * d + j]
      else if (sum > floor) lower[i * d + i] = Math.sqrt(sum)
      else return undefined
    }
    const pivot = lower[i * d + i]
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let k = j; k < i; k++) sum -= lower[i * d + k] * inverse[k * d + j]
      inverse[i * d + j] = sum / pivot
    }
    inverse[i * d + i] = 1 / pivot
  }
  return { lower, inverse }
}

/** Copy of the rows x columns block of a d-column matrix at (row, column). */
const block = (a: Float64Array, d: number, row: number, column: number, rows: number, columns: number): Float64Array => {
  const copy = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    const start = (row + i) * d + column
    copy.set(a.subarray(start, start + columns), i * columns)
  }
  return copy
}

/** The lower triangular matrix [[first, 0], [across, second]] of sizes h and r. */
const assemble = (first: Float64Array, across: Float64Array, second: Float64Array, h: number, r: number): Float64Array => {
  const d = h + r
  const whole = new Float64Array(d * d)
  for (let i = 0; i < h; i++) whole.set(first.subarray(i * h, (i + 1) * h), i * d)
  for (let i = 0; i < r; i++) {
    whole.set(across.subarray(i * h, (i + 1) * h), (h + i) * d)
    whole.set(second.subarray(i * r, (i + 1) * r), (h + i) * d + h)
  }
  return whole
}

/** L v of a lower triangular d x d matrix. */
export const lowerTimes = (lower: Float64Array, vector: Float64Array, d: number): Float64Array => {
  const product = new Float64Array(d)
  for (let i = 0; i < d; i++) {
    let sum = 0
    for (let j = 0; j <= i; j++) sum += lower[i * d + j] * vector[j]
    product[i] = sum
  }
  return product
}

/** L^T v of a lower triangular d x d matrix. */
export const transposedLowerTimes = (lower: Float64Array, vector: Float64Array, d: number): Float64Array => {
  const product = new Float64Array(d)
  for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) product[j] += lower[i * d + j] * vector[i]
  return product
}

/** Largest over smallest eigenvalue of a = L L^T: from the spectrum up to d = 64, above that a lower estimate by power iteration. */
export const conditionNumber = (a: Float64Array, { lower, inverse }: Factor, d: number): number => {
  if (d > EXACT_SPECTRUM) return largestEigenvalue(lower, d) * largestEigenvalue(inverse, d)
  const spectrum = new EigenvalueDecomposition(Matrix.from1DArray(d, d, a), { assumeSymmetric: true }).realEigenvalues
  const largest = Math.max(...spectrum)
  return largest / Math.max(Math.min(...spectrum), largest * Number.EPSILON)
}

/** Of L^T L (the same as of L L^T). */
export const largestEigenvalue = (lower: Float64Array, d: number): number => {
  let vector: Float64Array = Float64Array.from({ length: d }, (_, i) => Math.sin(i + 1))
  let length = Math.hypot(...vector)
  for (let step = 0; step < POWER_STEPS; step++) {
    vector = vector.map((value) => value / length)
    vector = transposedLowerTimes(lower, lowerTimes(lower, vector, d), d)
    length = Math.hypot(...vector)
  }
  return length
}

/** A v of a k x d matrix, d being the vector's length. */
export const times = (rows: Float64Array, vector: Float64Array): Float64Array => {
  const d = vector.length
  return Float64Array.from({ length: rows.length / d }, (_, i) => dot(rows.subarray(i * d, (i + 1) * d), vector))
}

/** A^T v of a k x d matrix, k being the vector's length. */
export const transposedTimes = (rows: Float64Array, vector: Float64Array): Float64Array => {
  const d = rows.length / vector.length
  const product = new Float64Array(d)
  vector.forEach((value, i) => {
    for (let j = 0; j < d; j++) product[j] += value * rows[i * d + j]
  })
  return product
}

export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j]
  return sum
}
