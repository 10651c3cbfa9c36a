/** The columns that a prepared backbone makes of one of its taps. */
export interface TapColumns {
  /** All of the tap. */
  readonly columns: readonly number[]
  /** Those of its channels' means. */
  readonly means: readonly number[]
}

const NAME = /^(?<tap>.+)\.(?<statistic>mean|logSd|secondMoment|max|topShare)\.\d+$/

/** By the names that a backbone gives to features (`f8.logSd.12`), taps in their order; none where features are of something else. */
export const tapColumnsOf = (features: readonly string[]): TapColumns[] => {
  const taps = new Map<string, { columns: number[]; means: number[] }>()
  features.forEach((feature, column) => {
    const { tap, statistic } = NAME.exec(feature)?.groups ?? {}
    if (tap === undefined) return
    const own = taps.get(tap) ?? { columns: [], means: [] }
    taps.set(tap, own)
    own.columns.push(column)
    if (statistic === 'mean') own.means.push(column)
  })
  return [...taps.values()]
}
