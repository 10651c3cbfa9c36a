/** Seeded test streams. */

/** mulberry32: uniform on [0, 1). */
export const uniform = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Standard normal (Box-Muller). */
export const normal = (seed: number): (() => number) => {
  const random = uniform(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** n rows of d independent AR(1) features with unit variance. */
export const arRows = (seed: number, n: number, d: number, phi: number): Float64Array => {
  const draw = normal(seed)
  const rows = new Float64Array(n * d)
  for (let i = 0; i < n * d; i++) rows[i] = i < d ? draw() : phi * rows[i - d] + Math.sqrt(1 - phi * phi) * draw()
  return rows
}

/** D² of each row: the sum of its squares. */
export const squaredNorms = (rows: Float64Array, d: number): Float64Array =>
  Float64Array.from({ length: rows.length / d }, (_, i) => rows.subarray(i * d, i * d + d).reduce((sum, x) => sum + x * x, 0))

/** Of windows of m rows that end every `hop` rows: m times the squared norm of their mean. */
export const windowNorms = (rows: Float64Array, d: number, m: number, hop: number): Float64Array => {
  const n = rows.length / d
  const sum = new Float64Array(d)
  const scores: number[] = []
  for (let t = 0; t < n; t++) {
    for (let j = 0; j < d; j++) sum[j] += rows[t * d + j] - (t >= m ? rows[(t - m) * d + j] : 0)
    if (t >= m - 1 && (t + 1) % hop === 0) scores.push(sum.reduce((total, x) => total + x * x, 0) / m)
  }
  return Float64Array.from(scores)
}

/** Ten contiguous folds of one run each. */
export const tenFolds = (scores: Float64Array): Float64Array[][] =>
  Array.from({ length: 10 }, (_, f) => [scores.subarray(Math.floor((f * scores.length) / 10), Math.floor(((f + 1) * scores.length) / 10))])

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
