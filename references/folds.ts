import { longestOf, type WindowShape } from '../detectors/block-window.js'
import type { Range, Rows } from './rows.js'

/** A contiguous stretch of one stream. */
export interface Stretch extends Range {
  /** Where its stream begins. */
  readonly streamFrom: number
}

/** Per fold its stretches. */
export type Folds = readonly (readonly Stretch[])[]

/** Even, so that the first half of the folds is the first half of the reference; each half needs two folds to hold one out. */
const foldCounts = [10, 8, 6, 4] as const

/**
 * Cuts the rows into folds that are contiguous in time: fold f holds the f-th part of every stream, so that the halves of the
 * folds are the halves of the reference in time. Cuts lie at the window's sub-blocks, counted from the start of the stream.
 * A stream with fewer sub-blocks than folds goes whole into the smallest fold.
 * 10 folds, or as many as all get rows; undefined when there are too few rows for 4.
 */
export function cutFolds({ streams }: Pick<Rows, 'streams'>, hop: number): Folds | undefined {
  for (const count of foldCounts) {
    const folds = cut(streams, hop, count)
    if (folds.every((fold) => fold.length > 0)) return folds
  }
  return undefined
}

function cut(streams: readonly Range[], hop: number, count: number): Stretch[][] {
  const folds = Array.from({ length: count }, (): Stretch[] => [])
  const short: Stretch[] = []
  for (const { from, to } of streams) {
    const blocks = Math.floor((to - from) / hop)
    const edge = (f: number) => (f === count ? to : from + hop * Math.round((f * blocks) / count))
    if (blocks < count) short.push({ from, to, streamFrom: from })
    else for (const [f, fold] of folds.entries()) fold.push({ from: edge(f), to: edge(f + 1), streamFrom: from })
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

/**
 * With the rows before a stretch that its first windows need: windows run on across folds, so that every evaluation of the
 * stream falls into the fold of its last row. (Those older rows were seen by the fold's fit: at most one window's length per stretch.)
 */
export const warmed = ({ from, to, streamFrom }: Stretch, window: WindowShape): Stretch => ({
  from: Math.max(streamFrom, from - (longestOf(window) - window.hop)),
  to,
  streamFrom,
})

/** Evaluations of windows that end in the stretch: one per sub-block, once a window is full. */
export const evaluationsOf = (stretch: Stretch, window: WindowShape): number => {
  const { size, hop } = window
  const { from, to } = warmed(stretch, window)
  const first = Math.max(size, stretch.from - from + hop)
  return Math.max(0, Math.floor((to - from - first) / hop) + 1)
}
