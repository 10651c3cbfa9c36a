const DAY_MS = 86_400_000
const LAGS = 8

/** What is kept of a value beside those before it, in this order; the angle of the time of day and the time itself last. */
const columnNames = [
  ...['mean10', 'max20', 'min20', 'max40', 'min40'],
  ...Array.from({ length: LAGS }, (_, lag) => `lag${lag}`),
  ...['sin', 'cos', 'time'],
]
/** Numbers in an embedded value. */
export const COLUMNS = columnNames.length
/** Values that an embedding looks at. */
export const MEMORY = 40
/** The column with a value's time, which no view compares: it only tells when a neighbour was. */
export const TIME = columnNames.indexOf('time')

/** What a view looks at, as people are told. */
export const viewNames = ['level', 'wide_range', 'range_by_hour', 'shape_by_hour'] as const
export type ViewName = (typeof viewNames)[number]

/** One way to compare moments of a series: some columns with their weights. */
export interface View {
  readonly name: ViewName
  readonly columns: readonly number[]
  readonly weights: readonly number[]
}

const view = (name: ViewName, weights: Readonly<Record<string, number>>): View => ({
  name,
  columns: Object.keys(weights).map((name) => columnNames.indexOf(name)),
  weights: Object.values(weights),
})

/** The four of the default detector study (section 1, "univariate"): level, wide range, range by the hour, shape by the hour. */
export const views: readonly View[] = [
  view('level', { mean10: 1, sin: 0.5, cos: 0.5 }),
  view('wide_range', { max40: 1, min40: 1 }),
  view('range_by_hour', { max20: 1, min20: 1, sin: 0.5, cos: 0.5 }),
  view('shape_by_hour', { ...Object.fromEntries(Array.from({ length: LAGS }, (_, lag) => [`lag${lag}`, 1])), sin: 0.7, cos: 0.7 }),
]

/**
 * Writes the columns of the latest of `recent`: the last values, up to 40, the latest last. At the start of a series there are
 * fewer: then ranges and mean are over those, and lags before the first value repeat it.
 * @param time ms since the epoch; NaN where there is none, and then no angle either
 */
export function embed(recent: readonly number[], time: number, row: Float64Array): void {
  const last = recent.length - 1
  let [sum, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let lag = 0; lag <= last; lag++) {
    const value = recent[last - lag]
    low = Math.min(low, value)
    high = Math.max(high, value)
    sum += value
    if (lag < 10) row[0] = sum / (lag + 1)
    if (lag < 20) [row[1], row[2]] = [high, low]
    ;[row[3], row[4]] = [high, low]
  }
  for (let lag = 0; lag < LAGS; lag++) row[5 + lag] = recent[Math.max(0, last - lag)]
  const angle = (2 * Math.PI * (time % DAY_MS)) / DAY_MS
  row[TIME - 2] = Number.isNaN(angle) ? 0 : Math.sin(angle)
  row[TIME - 1] = Number.isNaN(angle) ? 0 : Math.cos(angle)
  row[TIME] = Number.isNaN(time) ? 0 : time
}
