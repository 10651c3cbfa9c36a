import { TimeBlocks } from '../detectors/time-blocks.js'
import { lengthsInBlocks, type WindowShape, type WindowsByTime } from '../detectors/window-shape.js'
import { FitRefused } from './refusal.js'
import type { RowStore } from './row-store.js'
import type { Range, Rows } from './rows.js'

type Timed = Pick<Rows, 'streams' | 'times'>

/** Where the sub-blocks of a stream begin, as the live stream cuts them. */
export interface SubBlocks {
  readonly count: number
  /** Their first rows. */
  at(i: number): number
}

/** Times that are read in one step. */
const STEP_ROWS = 2 ** 16

/** The event times of rows whose windows are by time. Throws `FitRefused` where there are none. */
export function timesOf({ times }: { readonly times?: RowStore | undefined }): RowStore {
  if (times !== undefined) return times
  throw new FitRefused(
    'no_event_times',
    'the rows have no event times, by which windows are cut; decode a time (time), or give windows a number of records (window.size: 64)',
  )
}

export function subBlocksOf(stream: Range, window: WindowShape, rows: Timed): SubBlocks {
  const { from, to } = stream
  if (window.by === undefined) return { count: Math.floor((to - from) / window.hop), at: (i) => from + window.hop * i }
  const starts: number[] = []
  forEachStart(timesOf(rows), stream, window, (row) => starts.push(row))
  return { count: starts.length, at: (i) => starts[i] }
}

/** How long each stream is: in records, or in ms of the sub-blocks that hold any. */
export const extentsOf = (rows: Timed, window: WindowShape): number[] =>
  rows.streams.map((stream) => (window.by === undefined ? stream.to - stream.from : window.hop * subBlocksOf(stream, window, rows).count))

/**
 * The first of the rows before `from` that windows hold which are evaluated from there on: they run on across folds, so that every evaluation
 * of the stream falls into the fold of its last row. (Those older rows were seen by the fold's fit: at most one window's length per stretch.)
 */
export function warmFrom({ from, streamFrom }: { from: number; streamFrom: number }, window: WindowShape, rows: Timed): number {
  const longest = lengthsInBlocks(window).at(-1)!
  if (window.by === undefined) return Math.max(streamFrom, from - (longest - 1) * window.hop)
  const held: { row: number; block: number }[] = []
  forEachStart(timesOf(rows), { from: streamFrom, to: from }, window, (row, block) => {
    if (block < (held.at(-1)?.block ?? block)) held.length = 0
    held.push({ row, block })
    while (held[0].block <= block - longest) held.shift()
  })
  return held[0]?.row ?? from
}

/** Tells the rows that begin a sub-block. From each of them on a stream is cut as from its first, but for how soon its windows begin anew. */
function forEachStart(times: RowStore, { from, to }: Range, window: WindowsByTime, tell: (row: number, block: number) => void): void {
  const blocks = new TimeBlocks(window)
  for (let at = from; at < to; at += STEP_ROWS) {
    const step = times.read(at, Math.min(to, at + STEP_ROWS))
    for (let i = 0; i < step.length; i++) {
      const { newest } = blocks
      blocks.of(step[i])
      if (blocks.newest !== newest) tell(at + i, blocks.newest)
    }
  }
}
