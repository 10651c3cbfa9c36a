import type { Values } from '../connectors/codec.js'
import type { FeatureShare } from '../detectors/detector.js'
import type { Whitening } from '../detectors/whitening.js'

/**
 * How far the columns of a row are from the reference's mean, each by itself: its share is the square of its deviation. Only the `most` farthest ones,
 * the farthest first; without those that never varied or are missing.
 * @param at index of the row's first value
 */
export function farthest(
  values: Values,
  at: number,
  { mean, scale, active }: Pick<Whitening, 'mean' | 'scale' | 'active'>,
  missing: readonly number[],
  most = Number.POSITIVE_INFINITY,
): FeatureShare[] {
  const found: FeatureShare[] = []
  let least = -1
  for (let index = 0; index < active.length; index++) {
    if (!active[index]) continue
    const sigma = (values[at + index] - mean[index]) / scale[index]
    const share = sigma * sigma
    if (share <= least || missing.includes(index)) continue
    let place = found.length
    while (place > 0 && found[place - 1].share < share) place--
    found.splice(place, 0, { index, share, sigma })
    if (found.length > most) found.pop()
    if (found.length === most) least = found[most - 1].share
  }
  return found
}
