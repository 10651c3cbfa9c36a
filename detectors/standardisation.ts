/** Mean and squared deviations of each column: what the first pass over a reference collects, to choose centre and scale. */
export interface ColumnStats {
  readonly n: number
  readonly d: number
  readonly mean: Float64Array
  /** Sum of squared deviations from the mean, per column. */
  readonly squares: Float64Array
}

/** Of n rows (row-major n x d). */
export const columnStats = (rows: Float64Array | Float32Array, n: number, d: number): ColumnStats => {
  const mean = n === 0 ? new Float64Array(d) : columnMeans(rows, n, d)
  const squares = new Float64Array(d)
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) squares[j] += (rows[i * d + j] - mean[j]) ** 2
  return { n, d, mean, squares }
}

export const mergeColumnStats = (a: ColumnStats, b: ColumnStats): ColumnStats => {
  if (a.n === 0) return b
  if (b.n === 0) return a
  const n = a.n + b.n
  const delta = b.mean.map((value, j) => value - a.mean[j])
  return {
    n,
    d: a.d,
    mean: a.mean.map((value, j) => value + (delta[j] * b.n) / n),
    squares: a.squares.map((value, j) => value + b.squares[j] + (delta[j] ** 2 * a.n * b.n) / n),
  }
}

/** Shifted by the first row, so that a constant column has exactly its value as mean. */
export const columnMeans = (rows: Float64Array | Float32Array, n: number, d: number): Float64Array => {
  const mean = new Float64Array(d)
  for (let i = 1; i < n; i++) for (let j = 0; j < d; j++) mean[j] += rows[i * d + j] - rows[j]
  return mean.map((sum, j) => rows[j] + sum / n)
}

/** Per column: the centre that is taken off and the scale that is divided by; scale 0 marks a constant column. */
export interface Standardisation {
  /** d, raw units */
  readonly mean: Float64Array
  /** d, raw units */
  readonly scale: Float64Array
}

/** Standardised values are clipped to +-CLIP, so that no finite input makes an infinite score, in float32 either. */
export const CLIP = 1e6

/** A spread below this part of the mean is rounding noise: the column counts as constant. */
const NOISE = 1e-12
/** The smallest normal float32; a column with less spread counts as constant too, so that 1 / scale is finite in float32. */
const SMALLEST_SCALE = 2 ** -126

/**
 * Centre and scale (sample standard deviation) of the reference's columns.
 * @throws Error when there are fewer than two rows or a column's variance is not finite.
 */
export const standardisationOf = ({ n, mean, squares }: ColumnStats): Standardisation => {
  if (n < 2) throw new Error(`a reference needs at least 2 rows to have a spread, got ${n}`)
  const scale = squares.map((sum, j) => {
    const deviation = Math.sqrt(sum / (n - 1))
    if (!Number.isFinite(deviation)) {
      throw new Error(`column ${j} holds a value that is not finite or is too large for a variance; drop such rows from the reference`)
    }
    return deviation > Math.max(NOISE * Math.abs(mean[j]), SMALLEST_SCALE) ? deviation : 0
  })
  return { mean, scale }
}

/** (x - mean) / scale of n rows (row-major n x d), clipped; 0 in constant columns. */
export const standardise = (rows: Float64Array | Float32Array, n: number, { mean, scale }: Standardisation): Float64Array => {
  const d = mean.length
  const inverse = scale.map((value) => (value > 0 ? 1 / value : 0))
  const standardised = new Float64Array(n * d)
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < d; j++, at++) {
      if (inverse[j] > 0) standardised[at] = Math.max(-CLIP, Math.min(CLIP, (rows[at] - mean[j]) * inverse[j]))
    }
  }
  return standardised
}
