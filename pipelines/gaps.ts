import { mapOf } from '../kinds/feature-map.js'
import { type Gap, GapFiller } from '../kinds/gaps.js'
import type { Reference } from '../references/reference.js'
import type { Detrended } from './batch.js'

/** What fills records that lack features by the reference; undefined where it has none that may be missing. */
export function gapFillerOf(reference: Reference): GapFiller | undefined {
  const { optional } = mapOf(reference)
  return optional.length === 0 ? undefined : new GapFiller(reference.whitening, optional)
}

/** Fills what records lack, so that all that follows sees whole rows. A record's offset decides what is drawn. */
export const fillGaps =
  (filler: GapFiller | undefined) =>
  (batch: Detrended): Detrended => {
    if (filler === undefined) return batch
    const gaps = new Map<number, Gap>()
    for (let row = 0; row < batch.n; row++) {
      const gap = filler.complete(batch.values, row * batch.d, batch.offsets[row])
      if (gap !== undefined) gaps.set(row, gap)
    }
    return gaps.size === 0 ? batch : { ...batch, gaps }
  }
