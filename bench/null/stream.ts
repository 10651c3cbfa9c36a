/** Alerts that a budget allows inside the reference (K of the study); each stream is watched at one budget per K. */
export const EPISODES = [8, 20] as const
export type Episodes = (typeof EPISODES)[number]

export const sets = [
  'synthetic, stationary',
  'synthetic, wandering mean',
  'SKAB anomaly-free',
  'TEP normal',
  'NAB tweets',
  'NAB other',
] as const
export type NullSet = (typeof sets)[number]

/** A stream without anomalies: rows to fit on, and the rows that come next. */
export interface NullStream {
  readonly set: NullSet
  /** What it is within its set: the series, or the kind of process. */
  readonly kind: string
  readonly d: number
  /** Rows of d numbers. */
  readonly reference: Float64Array
  readonly test: Float64Array
  readonly episodes: readonly Episodes[]
}

/** Fewer rows than this per allowed alert, and alerts would mostly merge: a ceiling, not a rate. */
const ROWS_PER_EPISODE = 100

/** The K that so many reference rows can be asked for. */
export const episodesFor = (rows: number): Episodes[] => EPISODES.filter((k) => rows >= k * ROWS_PER_EPISODE)

/** Consecutive splits of a series: a stretch as reference, the next one of the same length as test. */
export function splits(series: Pick<NullStream, 'set' | 'kind' | 'd'>, values: Float64Array, rows: number): NullStream[] {
  const { d } = series
  const count = Math.floor(values.length / d / rows) - 1
  const part = (i: number) => values.subarray(i * rows * d, (i + 1) * rows * d)
  return Array.from({ length: Math.max(0, count) }, (_, i) => ({
    ...series,
    reference: part(i),
    test: part(i + 1),
    episodes: episodesFor(rows),
  }))
}
