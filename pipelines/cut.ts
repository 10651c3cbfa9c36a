import type { WindowShape } from '../detectors/window-shape.js'
import type { Detrended, Segment, TimeCuts } from './batch.js'

export interface CutOptions {
  readonly window: WindowShape
  /** Records at the start of a stream that enter no window, because its slow mean has not settled. */
  readonly warmUp: number
}

export interface Cuts {
  readonly segments: Segment[]
  readonly byTime?: TimeCuts
}

const NONE = -1

/**
 * Cuts the rows into segments, so that none crosses a sub-block boundary of its stream, and writes each row's into `segmentOf`.
 * Rows that enter no window share the last segment, which belongs to no stream and is not listed. Runs in batch order, ahead of the fold.
 */
export function cut(batch: Detrended, { window, warmUp }: CutOptions, segmentOf: Int32Array): Cuts {
  segmentOf.fill(NONE)
  const cuts = window.by === 'time' ? cutByTime(batch, warmUp, segmentOf) : { segments: cutByCount(batch, window.hop, warmUp, segmentOf) }
  for (let row = 0; row < batch.n; row++) if (segmentOf[row] === NONE) segmentOf[row] = cuts.segments.length
  return cuts
}

function cutByCount(batch: Detrended, hop: number, warmUp: number, segmentOf: Int32Array): Segment[] {
  const segments: Segment[] = []
  const open = new Int32Array(batch.states.length).fill(NONE)
  const counts = startCounts(batch)
  for (let row = 0; row < batch.n; row++) {
    const state = batch.stateOf[row]
    if (++counts[state] <= warmUp) continue
    if (open[state] === NONE) open[state] = segments.push({ state, block: 0, count: 0, row }) - 1
    const segment = segments[open[state]]
    segment.count++
    segment.row = row
    segmentOf[row] = open[state]
    if ((counts[state] - warmUp) % hop === 0) open[state] = NONE
  }
  return segments
}

/** A stream's segment ends where the sub-block of its records changes, be it back to an earlier one. */
function cutByTime(batch: Detrended, warmUp: number, segmentOf: Int32Array): Cuts {
  const { states, stateOf, times } = batch
  const segments: Segment[] = []
  const starts: number[] = []
  const late: number[] = []
  const open = new Int32Array(states.length).fill(NONE)
  const counts = startCounts(batch)
  for (let row = 0; row < batch.n; row++) {
    const state = stateOf[row]
    if (++counts[state] <= warmUp) continue
    const blocks = states[state].ahead.blocks!
    const { newest } = blocks
    const block = blocks.of(times[row])
    if (block === undefined) late.push(row)
    if (block === undefined) continue
    if (blocks.newest !== newest) starts.push(row)
    if (segments[open[state]]?.block !== block) open[state] = segments.push({ state, block, count: 0, row }) - 1
    segments[open[state]].count++
    segmentOf[row] = open[state]
  }
  return { segments, byTime: { starts, late, blocks: states.map(({ ahead }) => ahead.blocks?.state()) } }
}

/** Records of each stream before this batch: what is decoded so far less what this batch holds (cut runs in batch order). */
function startCounts(batch: Detrended): Float64Array {
  const counts = Float64Array.from(batch.states, (state) => state.ahead.count)
  for (let row = 0; row < batch.n; row++) counts[batch.stateOf[row]]--
  return counts
}
