import { concatMap, map, type Observable } from 'rxjs'
import type { Scorer } from '../backbones/scorer.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { WindowShape } from '../detectors/window-shape.js'
import type { Detrended, Scored } from './batch.js'
import { cut } from './cut.js'
import { previousOf } from './previous.js'
import { turn } from './turn.js'

export interface ScoreOptions {
  readonly scorer: Scorer
  readonly memory: ArrayMemory
  /** Record detectors of the scorer's graph. */
  readonly detectors: number
  /** Whether the graph takes the row before each too. */
  readonly previous?: boolean
  /** Statistics of a row that windows sum up. */
  readonly width: number
  readonly window: WindowShape
  /** Records at the start of a stream that enter no window, because its slow mean has not settled. */
  readonly warmUp: number
}

/** Scores batches in the worker, several at a time (as many as the bridge's credits allow), and hands them on in their order. */
export const score =
  (options: ScoreOptions) =>
  (batches: Observable<Detrended>): Observable<Scored> =>
    batches.pipe(
      map((batch) => {
        const scored = scoreBatch(options, batch)
        // Awaited below in order; until then a failure must not count as unhandled.
        scored.catch(() => undefined)
        return scored
      }),
      concatMap((scored) => turn().then(() => scored)),
    )

async function scoreBatch(options: ScoreOptions, batch: Detrended): Promise<Scored> {
  const { scorer, memory, detectors, width } = options
  const { n, values, labels } = batch
  const segmentOf = memory.take(Int32Array, n)
  const { segments, ...byTime } = cut(batch, options, segmentOf)
  if (n === 0) return { ...batch, scores: [], segments, ...byTime, sums: new Float64Array(0) }
  const previous = options.previous ? previousOf(batch, memory) : undefined
  const scores = Array.from({ length: detectors }, () => memory.take(Float32Array, n))
  const sums = memory.take(Float64Array, (segments.length + 1) * width)
  const result = await scorer.score({ values, n, previous: previous?.rows, segments: segmentOf, scores, sums, ...(labels && { labels }) })
  memory.give(result.segments)
  const scored = {
    ...batch,
    values: result.values,
    scores: result.scores,
    segments,
    ...byTime,
    sums: result.sums,
    ...(result.labels && { labels: result.labels }),
  }
  return previous && result.previous ? { ...scored, previous: { ...previous, rows: result.previous } } : scored
}
