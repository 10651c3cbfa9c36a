import type { LabelCensus, RowLabels } from './labels.js'
import type { RowStore, Values } from './row-store.js'

/** Decoded rows as they arrive, row-major n x d; the rows of a stream are in time order. */
export interface RowChunk {
  readonly n: number
  readonly d: number
  /** May be longer than n x d. */
  readonly values: Values
  /** Distinct stream names in this chunk, and for each row the index into them. */
  readonly streams: readonly string[]
  readonly streamOf: ArrayLike<number>
  /** Event times, ms since the epoch. */
  readonly times: ArrayLike<number>
  /** Records that could not be decoded. */
  readonly rejected: number
  /** Of each row the number that the census gave its label. */
  readonly labels?: { readonly census: LabelCensus; readonly of: ArrayLike<number> }
  /** Of each row the number of its group; 0 where it has none. */
  readonly groups?: ArrayLike<number>
}

/** Rows [from, to). */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The rows of one stream. */
export interface StreamRange extends Range {
  /** As its records call it, where that is known. */
  readonly name?: string
}

/** Rows of several streams, stream after stream, each in order of arrival. */
export interface Rows {
  readonly n: number
  readonly d: number
  readonly store: RowStore
  readonly streams: readonly StreamRange[]
  /** Indices of the columns that a row may lack: NaN stands there. None where left out. */
  readonly optional?: readonly number[]
  /** Event times, ms since the epoch, as rows of one number; only where windows are by time. */
  readonly times?: RowStore
  /** Of rows whose labels are wanted. */
  readonly labels?: RowLabels
  /** Numbers of the rows' groups (0: none), as rows of one number; only where folds are to hold groups whole. */
  readonly groups?: RowStore
}

/** The rows of a reference as collected. */
export interface ReferenceRows extends Rows {
  /** Event time of the earliest and of the latest row, ms since the epoch; NaN when no row has one. */
  readonly first: number
  readonly last: number
  /** Records that could not be decoded, and rows with an infinity, or a NaN where none may be. */
  readonly dropped: number
}

/** For each row of a stream the one before; for the first that itself. */
export function rowsBefore<Rows extends Values>(rows: Rows, d: number): Rows
export function rowsBefore(rows: Values, d: number): Values {
  const before = rows.slice()
  before.set(rows.subarray(0, rows.length - d), d)
  return before
}
