import type { TapColumns } from './tap-columns.js'

/** A channel of a backbone's tap: its columns, the mean over positions and ln(s + FLOOR), s the standard deviation over them. */
export interface Channel {
  readonly mean: number
  readonly logSd: number
}

/** Added to standard deviations before their logarithm is taken: keeps that of dead channels finite. */
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

/** The channels of taps of which a backbone gives both means and log standard deviations. */
export const pairedChannels = (taps: readonly TapColumns[]): Channel[] =>
  taps.flatMap(({ means, logSds }) => (means.length === logSds.length ? means.map((mean, c) => ({ mean, logSd: logSds[c] })) : []))
