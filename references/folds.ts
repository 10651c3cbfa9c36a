import type { WindowShape } from '../detectors/window-shape.js'
import type { Range, Rows } from './rows.js'
import { type SubBlocks, subBlocksOf } from './sub-blocks.js'

/** A contiguous stretch of one stream. */
export interface Stretch extends Range {
  /** Where its stream begins and ends. */
  readonly streamFrom: number
  readonly streamTo: number
}

/** Per fold its stretches. */
export type Folds = readonly (readonly Stretch[])[]

/** Even, so that the first half of the folds is the first half of the reference; each half needs two folds to hold one out. */
export const foldCounts = [10, 8, 6, 4] as const

/**
 * Cuts the rows into folds that are contiguous in time: fold f holds the f-th part of every stream, so that the halves of the
 * folds are the halves of the reference in time. Cuts lie where sub-blocks of the stream begin.
 * A stream with fewer sub-blocks than folds goes whole into the smallest fold.
 * 10 folds, or as many as all get rows; undefined when there are too few rows for 4.
 */
export function cutFolds(rows: Pick<Rows, 'streams' | 'times'>, window: WindowShape): Folds | undefined {
  const streams = rows.streams.map((stream) => ({ ...stream, blocks: subBlocksOf(stream, window, rows) }))
  for (const count of foldCounts) {
    const folds = cut(streams, count)
    if (folds.every((fold) => fold.length > 0)) return folds
  }
  return undefined
}

function cut(streams: readonly (Range & { readonly blocks: SubBlocks })[], count: number): Stretch[][] {
  const folds = Array.from({ length: count }, (): Stretch[] => [])
  const short: Stretch[] = []
  for (const { from, to, blocks } of streams) {
    const stream = { streamFrom: from, streamTo: to }
    const inside = (f: number) => blocks.at(Math.round((f * blocks.count) / count))
    const edge = (f: number) => (f === 0 ? from : f === count ? to : inside(f))
    if (blocks.count < count) short.push({ from, to, ...stream })
    else for (const [f, fold] of folds.entries()) fold.push({ from: edge(f), to: edge(f + 1), ...stream })
  }
  const sizes = folds.map(rowsOf)
  for (const stream of short) {
    const smallest = sizes.indexOf(Math.min(...sizes))
    folds[smallest].push(stream)
    sizes[smallest] += stream.to - stream.from
  }
  return folds
}

const rowsOf = (fold: readonly Range[]): number => fold.reduce((sum, { from, to }) => sum + to - from, 0)
