import { concatMap, map, type Observable } from 'rxjs'
import type { Scorer } from '../backbones/scorer.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Detrended, Scored, Segment } from './batch.js'
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
  /** Records per sub-block of a window. */
  readonly hop: number
  /** Records at the start of a stream that enter no window, because its slow mean has not settled. */
  readonly warmUp: number
}

const WARMING = -1

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
  const { scorer, memory, detectors, width, hop, warmUp } = options
  const { n, values, labels } = batch
  const segmentOf = memory.take(Int32Array, n)
  const segments = cut(batch, hop, warmUp, segmentOf)
  if (n === 0) return { ...batch, scores: [], segments, sums: new Float64Array(0) }
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
    sums: result.sums,
    ...(result.labels && { labels: result.labels }),
  }
  return previous && result.previous ? { ...scored, previous: { ...previous, rows: result.previous } } : scored
}

/**
 * Cuts the rows into segments, so that none crosses a sub-block boundary of its stream, and writes each row's into `segmentOf`.
 * Rows of the warm-up share the
 * last segment, which belongs to no stream and is not listed.
 */
function cut(batch: Detrended, hop: number, warmUp: number, segmentOf: Int32Array): Segment[] {
  const segments: Segment[] = []
  segmentOf.fill(WARMING)
  const open = new Int32Array(batch.states.length).fill(WARMING)
  const counts = startCounts(batch)
  for (let row = 0; row < batch.n; row++) {
    const state = batch.stateOf[row]
    if (++counts[state] <= warmUp) continue
    if (open[state] === WARMING) open[state] = segments.push({ state, count: 0, lastRow: row }) - 1
    const segment = segments[open[state]]
    segment.count++
    segment.lastRow = row
    segmentOf[row] = open[state]
    if ((counts[state] - warmUp) % hop === 0) open[state] = WARMING
  }
  for (let row = 0; row < batch.n; row++) if (segmentOf[row] === WARMING) segmentOf[row] = segments.length
  return segments
}

/** Records of each stream before this batch: what is decoded so far less what this batch holds (cut runs in batch order). */
function startCounts(batch: Detrended): Float64Array {
  const counts = Float64Array.from(batch.states, (state) => state.ahead.count)
  for (let row = 0; row < batch.n; row++) counts[batch.stateOf[row]]--
  return counts
}
