export const sets = [
  'synthetic, stationary',
  'synthetic, wandering mean',
  'SKAB anomaly-free',
  'TEP normal',
  'NAB tweets',
  'NAB other',
] as const
export type NullSet = (typeof sets)[number]

/** Alerts that the budget allows inside the reference: K of the calibration study. */
export const allowances = [8, 20] as const
export type Allowance = (typeof allowances)[number]

/** A stream without anomalies: rows to fit on, and the rows that come next. */
export interface NullStream {
  readonly set: NullSet
  /** What it is within its set: the series, or the kind of process. */
  readonly kind: string
  readonly d: number
  /** Rows of d numbers. */
  readonly reference: Float64Array
  readonly test: Float64Array
  readonly allowed: Allowance
}

/** Below so many rows per allowed alert, alerts would mostly merge: that is a ceiling, no rate. */
const ROWS_PER_ALERT = 100

/**
 * A series cut into equal parts, each the reference of the next one: none when they have too few rows for the alerts that are allowed.
 */
export function splits(series: Pick<NullStream, 'set' | 'kind' | 'd' | 'allowed'>, values: Float64Array, parts: number): NullStream[] {
  const { d, allowed } = series
  const rows = Math.floor(values.length / d / parts)
  if (rows < ROWS_PER_ALERT * allowed) return []
  const part = (i: number) => values.subarray(i * rows * d, (i + 1) * rows * d)
  return Array.from({ length: parts - 1 }, (_, i) => ({ ...series, reference: part(i), test: part(i + 1) }))
}
