import type { RecordDetector } from '../detectors/detector.js'
import { mapOf } from '../kinds/feature-map.js'
import { type Gap, GapFiller, levelled } from '../kinds/gaps.js'
import type { Reference } from '../references/reference.js'
import type { Detrended, Scored } from './batch.js'

export interface GapOptions {
  readonly filler: GapFiller
  /** In the order of the scores. */
  readonly detectors: readonly RecordDetector[]
}

/** What fills records that lack features by the reference; undefined where it has none that may be missing. */
export function gapFillerOf(reference: Reference): GapFiller | undefined {
  const { optional } = mapOf(reference)
  return optional.length === 0 ? undefined : new GapFiller(reference.whitening, optional)
}

/** Fills what records lack with what the rest of them makes expected, so that all that follows sees whole rows. */
export const fillGaps =
  (options: GapOptions | undefined) =>
  (batch: Detrended): Detrended => {
    if (options === undefined) return batch
    const gaps = new Map<number, Gap>()
    for (let row = 0; row < batch.n; row++) {
      const gap = options.filler.fill(batch.values, row * batch.d)
      if (gap !== undefined) gaps.set(row, gap)
    }
    return gaps.size === 0 ? batch : { ...batch, gaps }
  }

/** Makes the scores of records that lack features comparable with those of whole ones. */
export const levelGaps =
  (options: GapOptions | undefined) =>
  (batch: Scored): Scored => {
    if (options === undefined || batch.gaps === undefined) return batch
    for (const [j, detector] of options.detectors.entries())
      for (const [row, gap] of batch.gaps) batch.scores[j][row] = levelled(detector, batch.scores[j][row], gap)
    return batch
  }
