/** The columns that a prepared backbone makes of one of its taps. */
export interface TapColumns {
  /** All of the tap. */
  readonly columns: readonly number[]
  /** Those of its channels' means. */
  readonly means: readonly number[]
  /** Those of the logarithms of its channels' standard deviations. */
  readonly logSds: readonly number[]
}

const NAME = /^(?<tap>.+)\.(?<statistic>mean|logSd|secondMoment|max|topShare)\.\d+$/

/** By the names that a backbone gives to features (`f8.logSd.12`), taps in their order; none where features are of something else. */
export const tapColumnsOf = (features: readonly string[]): TapColumns[] => {
  const taps = new Map<string, { columns: number[]; means: number[]; logSds: number[] }>()
  features.forEach((feature, column) => {
    const { tap, statistic } = NAME.exec(feature)?.groups ?? {}
    if (tap === undefined) return
    const own = taps.get(tap) ?? { columns: [], means: [], logSds: [] }
    taps.set(tap, own)
    own.columns.push(column)
    if (statistic === 'mean') own.means.push(column)
    if (statistic === 'logSd') own.logSds.push(column)
  })
  return [...taps.values()]
}
