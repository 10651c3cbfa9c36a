import type { Lease, PartitionRef } from './source.js'

/** One stream's state: opaque bytes, with the offset of the last record that they reflect. */
export interface StreamSnapshot {
  readonly lastOffset: number
  readonly state: Uint8Array
}

/** The streams of one partition that changed since the last round, complete up to (not including) `offset`. */
export interface Round {
  readonly lease: Lease
  readonly offset: number
  readonly streams: ReadonlyMap<string, StreamSnapshot>
  /** Names of streams that are to be deleted; none of `streams`. */
  readonly forgotten: readonly string[]
}

export interface StoredState {
  /** Everything before this offset is reflected; undefined when no round was ever finished. */
  readonly offset: number | undefined
  readonly streams: ReadonlyMap<string, StreamSnapshot>
}

/**
 * Keeps the state of streams with the offset it reflects.
 *
 * `save` writes the streams in their order, then the marker, then deletes what is forgotten; it need not be atomic: after a crash in
 * between, some streams are newer than the marker, and the reader skips their records by `lastOffset`; a stream that was to be deleted
 * is still there, and the next round can say so again.
 * `load` returns, per stream, the snapshot with the highest `lastOffset`.
 * `save` resolves when durable. One `save` per partition at a time.
 */
export interface StateStore {
  connect(): Promise<void>
  load(partition: PartitionRef): Promise<StoredState>
  save(round: Round): Promise<void>
  close(): Promise<void>
}
