/** Rates of the slow mean that a fit tries in turn, slowest first: the first that passes the halves test is kept. */
export const detrendRates = [0, 1 / 1000, 1 / 250, 1 / 60] as const

/** Rows at the start of a stream whose mean has not settled yet: dropped from a reference (start-up transients poison the tail). */
export const warmUpRows = (rate: number): number => (rate === 0 ? 0 : Math.ceil(3 / rate))

/** What a slow mean over 1/rate records means for the one who relies on it, as a sentence; undefined without one. */
export const slowMeanPrice = (rate: number): string | undefined => {
  if (rate === 0) return undefined
  const records = Math.round(1 / rate).toLocaleString('en-GB')
  return (
    `a slow mean over about ${records} records of each stream is subtracted: drift slower than that is not seen, ` +
    'and a fault that lasts is taken in, so that its end may raise alerts in the opposite direction for about as long'
  )
}

type Values = Float32Array | Float64Array

/**
 * Exponentially weighted mean of a stream's past, subtracted from its rows: Z_t = X_t - m_(t-1), m_t = m_(t-1) + rate Z_t,
 * with m starting at the stream's first row (calibration study, section 5). Hides drift slower than 1/rate rows, by design.
 */
export class SlowMean {
  private mean: Float64Array | undefined

  /** @param state what `state()` gave for this stream earlier; left out (or empty) for a new stream */
  constructor(
    private readonly d: number,
    private readonly rate: number,
    state?: Float64Array,
  ) {
    this.mean = state?.length ? Float64Array.from(state) : undefined
  }

  /**
   * Replaces the row of d values at index `at` by its difference from the mean, then moves the mean towards it. A NaN stays and moves
   * nothing; the first value after NaN alone is its own mean.
   */
  step(values: Values, at: number): undefined {
    this.mean ??= Float64Array.from(values.subarray(at, at + this.d))
    const { mean, rate, d } = this
    for (let j = 0; j < d; j++) {
      const difference = values[at + j] - mean[j]
      if (Number.isNaN(difference)) {
        this.#gap(mean, values, at, j)
        continue
      }
      mean[j] += rate * difference
      values[at + j] = difference
    }
  }

  #gap(mean: Float64Array, values: Values, at: number, j: number): void {
    if (Number.isNaN(values[at + j])) return
    mean[j] = values[at + j]
    values[at + j] = 0
  }

  /** The mean after the last row, as a copy: d values, or none before the first row. */
  state(): Float64Array {
    return Float64Array.from(this.mean ?? [])
  }
}

/**
 * The same for a whole reference: n x d rows in time order, `streamOf` the stream of each row (one stream when left out).
 * Returns a new array; with rate 0 the rows themselves. The caller drops the first `warmUpRows(rate)` of each stream.
 */
export const detrend = (rows: Float64Array, n: number, d: number, rate: number, streamOf?: ArrayLike<number>): Float64Array => {
  if (rate === 0) return rows
  const detrended = rows.slice(0, n * d)
  const means = new Map<number, SlowMean>()
  for (let i = 0; i < n; i++) {
    const stream = streamOf?.[i] ?? 0
    const mean = means.get(stream) ?? new SlowMean(d, rate)
    means.set(stream, mean)
    mean.step(detrended, i * d)
  }
  return detrended
}
