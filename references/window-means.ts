import type { WindowMeans } from '../detectors/detector.js'
import { type ColumnStats, columnStats, mergeColumnStats, standardise } from '../detectors/standardisation.js'
import type { Whitening } from '../detectors/whitening.js'
import { completed } from './fold-moments.js'
import type { Stretch } from './folds.js'
import { fillerFor } from './gaps.js'
import type { Range, Rows } from './rows.js'

const MOST_WINDOWS = 500
/** Bounds what a score costs, in the main thread: 128 windows of 512 features. */
const MOST_VALUES = 2 ** 16
/** Rows of the blocks that tell slow features (default detector study, section 3), and blocks that are looked at. */
const BLOCK = 40
const MOST_BLOCKS = 500

/**
 * Means of up to 500 windows of `size` rows, drawn evenly over the chosen stretches. They lie a window's length away from every window
 * that ends in rows that were not chosen, for such are scored by a fit to these.
 */
export function windowMeansOf(all: Rows, chosen: readonly Stretch[], size: number, whitening: Whitening): WindowMeans {
  const { d } = all
  const joined = joinedUp(chosen)
  const ranges = joined.map((stretch) => awayFromOthers(stretch, size))
  const starts = startsIn(ranges, { length: size, step: 1, most: Math.min(MOST_WINDOWS, Math.floor(MOST_VALUES / d)) })
  const statsOf = statsIn(all, whitening)
  const means = new Float64Array(starts.length * d)
  for (const [i, start] of starts.entries()) means.set(statsOf(start, size).mean, i * d)
  return {
    size,
    m: starts.length,
    means,
    starts: Float64Array.from(starts),
    endToEnd: ranges.reduce((sum, { from, to }) => sum + Math.max(0, Math.floor((to - from) / size)), 0),
    slowness: slownessOf(startsIn(joined, { length: BLOCK, step: BLOCK, most: MOST_BLOCKS }), d, statsOf),
  }
}

/** Stretches that follow each other in a stream as one. */
function joinedUp(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = []
  for (const stretch of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last?.to === stretch.from && last.streamFrom === stretch.streamFrom) joined[joined.length - 1] = { ...last, to: stretch.to }
    else joined.push(stretch)
  }
  return joined
}

/** Windows that end in the rows before and behind begin up to `size` - 1 rows earlier. */
const awayFromOthers = ({ from, to, streamFrom, streamTo }: Stretch, size: number): Range => ({
  from: from === streamFrom ? from : from + size,
  to: to === streamTo ? to : to - 2 * size + 1,
})

/** First rows of stretches of `length` rows that begin every `step` rows of each range; evenly spread ones where there are more than `most`. */
function startsIn(
  ranges: readonly Range[],
  { length, step, most }: { readonly length: number; readonly step: number; readonly most: number },
): number[] {
  const counts = ranges.map(({ from, to }) => Math.max(0, Math.floor((to - from - length) / step) + 1))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const drawn = Math.min(most, total)
  const starts: number[] = []
  let before = 0
  for (const [r, { from }] of ranges.entries()) {
    const next = () => Math.floor((starts.length * total) / drawn)
    while (starts.length < drawn && next() < before + counts[r]) starts.push(from + (next() - before) * step)
    before += counts[r]
  }
  return starts
}

/** Means and spread of the standardised rows of a stretch. */
type StatsOf = (start: number, length: number) => ColumnStats

function statsIn(all: Rows, whitening: Whitening): StatsOf {
  const { d, store } = all
  const filler = fillerFor(all, whitening)
  return (start, length) => {
    const rows = completed(store.read(start, start + length), d, filler, start)
    return columnStats(standardise(rows, length, whitening), length, d)
  }
}

/** Per feature the variance of the blocks' means over that of their rows; 0 where there are no two blocks, or nothing varies. */
function slownessOf(starts: readonly number[], d: number, statsOf: StatsOf): Float64Array {
  const blocks = starts.map((start) => statsOf(start, BLOCK))
  if (blocks.length < 2) return new Float64Array(d)
  const rows = blocks.reduce(mergeColumnStats)
  const means = columnStats(Float64Array.from(blocks.flatMap(({ mean }) => [...mean])), blocks.length, d)
  return rows.squares.map((squares, j) => (squares > 0 ? (BLOCK * means.squares[j]) / squares : 0))
}
