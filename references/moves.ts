import { pictureScores } from '../detectors/picture-scores.js'
import type { Reference } from './reference.js'

/** How one feature differs between two references. */
export interface Move {
  readonly feature: string
  readonly before: number
  readonly after: number
  /** Of the mean, in standard deviations before; undefined where it did not vary. */
  readonly shift: number | undefined
  /** Standard deviation after over before; undefined where it did not vary. */
  readonly spread: number | undefined
}

/**
 * The features of both, those that moved farthest first: in mean, or by as many factors e of spread. Not the distance from a bank of patches, which is of
 * each reference's own.
 */
export function movesBetween(before: Reference, after: Reference): Move[] {
  return before.features
    .flatMap((feature, i) => {
      const j = after.features.indexOf(feature)
      return j < 0 || feature === pictureScores['patch-distance'] ? [] : [moveOf(feature, before, i, after, j)]
    })
    .toSorted((a, b) => distance(b) - distance(a))
}

function moveOf(feature: string, { whitening: old }: Reference, i: number, { whitening: now }: Reference, j: number): Move {
  const varied = old.scale[i] > 0
  return {
    feature,
    before: old.mean[i],
    after: now.mean[j],
    shift: varied ? (now.mean[j] - old.mean[i]) / old.scale[i] : undefined,
    spread: varied ? now.scale[j] / old.scale[i] : undefined,
  }
}

const distance = ({ before, after, shift = after === before ? 0 : Number.POSITIVE_INFINITY, spread = 1 }: Move): number =>
  Math.max(Math.abs(shift), Math.abs(Math.log(Math.max(spread, Number.MIN_VALUE))))
