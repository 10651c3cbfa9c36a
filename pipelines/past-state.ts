import { z } from 'zod'
import { binsOf } from '../calibration/own-past.js'
import { COLUMNS, views } from '../detectors/past/embedding.js'
import type { RunningState } from '../detectors/past/running.js'
import { LEAST, MOST } from '../detectors/past/surprise.js'
import type { FeatureState, PastStreamState } from './past-stream.js'

/* A stream's own past in its snapshot: numbers that are few go into the header, arrays one after the other behind it. */

const count = z.int().min(0)
const running: z.ZodType<RunningState> = z.strictObject({ count, mean: z.number(), scatter: z.number() })

const storedFeature = z.strictObject({
  /** Lengths of arrays; of the bank's in rows. */
  recent: count,
  kept: count,
  waiting: count,
  first: count,
  seen: count,
  surprises: z.array(z.strictObject({ floor: z.number().exactOptional(), logs: running })).length(views.length),
  scores: z.strictObject({ count, began: z.number(), peak: z.number() }),
  values: running,
})
type StoredFeature = z.output<typeof storedFeature>

export interface StoredPast {
  readonly features: readonly StoredFeature[]
  readonly quiet: { readonly until: number; readonly strongest: number }
}

export const storedPast: z.ZodType<StoredPast> = z.strictObject({
  features: z.array(storedFeature),
  quiet: z.strictObject({ until: z.number(), strongest: z.number() }),
})

export function packPast({ features, quiet }: PastStreamState): { header: StoredPast; numbers: Float64Array[] } {
  const header = { features: features.map(headerOf), quiet }
  const numbers = features.flatMap(({ detector: { recent, bank, surprises }, scores }) => [
    ...[recent, bank.kept, bank.waiting, bank.low, bank.high, bank.ranges],
    ...surprises.map(({ first }) => first),
    ...[scores.scores, scores.peaks],
  ])
  return { header, numbers }
}

const headerOf = ({ detector: { recent, bank, surprises }, scores: { count, began, peak }, values }: FeatureState): StoredFeature => ({
  recent: recent.length,
  kept: bank.kept.length / COLUMNS,
  waiting: bank.waiting.length / COLUMNS,
  first: surprises[0].first.length,
  seen: bank.seen,
  surprises: surprises.map(({ floor, logs }) => ({ ...(floor !== undefined && { floor }), logs })),
  scores: { count, began, peak },
  values,
})

/** Throws where there are fewer numbers than the header says. */
export function unpackPast({ features, quiet }: StoredPast, numbers: Float64Array<ArrayBuffer>): PastStreamState {
  let at = 0
  const next = (length: number) => {
    at += length
    if (at > numbers.length) throw new Error(`it holds ${numbers.length} numbers, fewer than its header says`)
    return numbers.slice(at - length, at)
  }
  const read = ({ recent, kept, waiting, first, seen, surprises, scores, values }: StoredFeature): FeatureState => ({
    detector: {
      recent: next(recent),
      bank: {
        seen,
        kept: next(kept * COLUMNS),
        waiting: next(waiting * COLUMNS),
        low: next(COLUMNS),
        high: next(COLUMNS),
        ranges: next(COLUMNS),
      },
      surprises: surprises.map(({ floor, logs }) => ({ first: next(first), floor, logs })),
    },
    scores: { ...scores, scores: next(binsOf(LEAST, MOST)), peaks: next(binsOf(LEAST, MOST)) },
    values,
  })
  return { features: features.map(read), quiet: { ...quiet } }
}
