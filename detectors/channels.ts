/** A channel of a backbone's tap: its columns, the mean over positions and ln(s + FLOOR), s the standard deviation over them. */
export interface Channel {
  readonly mean: number
  readonly logSd: number
}

/** Added to standard deviations before their logarithm is taken (`backbones/model/statistics.ts`). */
export const FLOOR = 0.001

/** A tap of a backbone, and what its channels were over the pictures that the backbone was trained on (its batch normalisation's statistics). */
export interface TrainedTap {
  /** Per channel its columns, as those of a `Channel`. */
  readonly means: Float64Array
  readonly logSds: Float64Array
  /** Per channel, over all positions of all pictures. */
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** The channels that features of pictures are of, by their names: TAP.mean.C and TAP.logSd.C. */
export function channelsOf(features: readonly string[]): Channel[] {
  const columns = new Map(features.map((feature, column) => [feature, column]))
  return features.flatMap((feature, mean) => {
    const found = /^(.+)\.mean\.(\d+)$/.exec(feature)
    const logSd = found === null ? undefined : columns.get(`${found[1]}.logSd.${found[2]}`)
    return logSd === undefined ? [] : [{ mean, logSd }]
  })
}
