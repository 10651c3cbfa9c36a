import { type MatMul, transpose } from './matmul.js'
import { uniforms } from './random.js'

const STEPS = 50
const SEED = 1

/** Clusters of rows: which one each row belongs to, and the means of the clusters, k x d. */
export interface Clusters {
  readonly labels: Int32Array
  readonly centres: Float64Array
}

/** Lloyd's k-means of m rows of d from seeds drawn by k-means++ (Arthur and Vassilvitskii 2007). The same for the same rows. k <= m. */
export const kMeans = async (rows: Float64Array, d: number, k: number, matmul: MatMul, seed = SEED): Promise<Clusters> => {
  const m = rows.length / d
  let centres = seeds(rows, d, k, uniforms(seed))
  let labels = new Int32Array(m).fill(-1)
  for (let step = 0; step < STEPS; step++) {
    const products = await matmul(rows, transpose(centres, k, d), m, d, k)
    const half = halfNorms(centres, d)
    const next = Int32Array.from({ length: m }, (_, i) => closest(products.subarray(i * k, (i + 1) * k), half))
    if (next.every((label, i) => label === labels[i])) break
    labels = next
    centres = means(rows, d, labels, centres)
  }
  return { labels, centres }
}

/** Each further seed is a row, drawn in proportion to its squared distance to the nearest seed so far. */
const seeds = (rows: Float64Array, d: number, k: number, uniform: () => number): Float64Array => {
  const m = rows.length / d
  const chosen = new Float64Array(k * d)
  let weights = new Float64Array(m).fill(1)
  for (let c = 0; c < k; c++) {
    const row = draw(weights, uniform())
    chosen.set(rows.subarray(row * d, (row + 1) * d), c * d)
    weights = weights.map((weight, i) =>
      Math.min(c === 0 ? Number.POSITIVE_INFINITY : weight, squaredDistance(rows, i * d, chosen, c * d, d)),
    )
  }
  return chosen
}

/** The index at which the running sum of the weights passes a part of their total. */
const draw = (weights: Float64Array, part: number): number => {
  let left = part * weights.reduce((sum, weight) => sum + weight, 0)
  const found = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  return Math.max(0, found)
}

/** |c|^2 / 2 of each centre. */
export const halfNorms = (centres: Float64Array, d: number): Float64Array =>
  Float64Array.from({ length: centres.length / d }, (_, c) => squaredDistance(centres, c * d, new Float64Array(d), 0, d) / 2)

/** Index of the centre nearest to a row, by the row's products with the centres; the first of equal ones. */
export const closest = (products: Float64Array, halfNorms: Float64Array): number => {
  let best = 0
  for (let c = 1; c < products.length; c++) if (products[c] - halfNorms[c] > products[best] - halfNorms[best]) best = c
  return best
}

/** Of the rows of each label; a cluster without rows keeps its centre. */
const means = (rows: Float64Array, d: number, labels: Int32Array, before: Float64Array): Float64Array => {
  const k = before.length / d
  const counts = new Float64Array(k)
  const sums = new Float64Array(k * d)
  labels.forEach((label, i) => {
    counts[label]++
    for (let j = 0; j < d; j++) sums[label * d + j] += rows[i * d + j]
  })
  return sums.map((sum, at) => (counts[Math.floor(at / d)] > 0 ? sum / counts[Math.floor(at / d)] : before[at]))
}

const squaredDistance = (a: Float64Array, from: number, b: Float64Array, at: number, d: number): number => {
  let sum = 0
  for (let j = 0; j < d; j++) sum += (a[from + j] - b[at + j]) ** 2
  return sum
}
