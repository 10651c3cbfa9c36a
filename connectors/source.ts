import type { Records } from './records.js'

/** One partition of an input: a Kafka topic-partition, or a file (partition 0). */
export interface PartitionRef {
  readonly topic: string
  readonly partition: number
}

/** Where one record stands. `offset` is Kafka's offset, or the row's index in a file. */
export interface Origin extends PartitionRef {
  readonly offset: number
}

/**
 * The right to work on a partition, from its assignment until `revoked` turns true.
 * A batch whose lease is revoked is dropped without delivery: the next owner reads it again.
 */
export interface Lease extends PartitionRef {
  readonly revoked: boolean
}

/** A partition was assigned; the source delivers none of its records before `begin` is called. */
export interface Assigned {
  readonly kind: 'assigned'
  readonly lease: Lease
  /** The next offset to read that was committed before, if any. */
  readonly committed: number | undefined
  /** The offset that the configured start position (earliest, latest, timestamp) means when nothing was committed. */
  readonly initial: number
  /** First offset that the input still holds, and the offset after its last one. */
  readonly earliest: number
  readonly end: number
  /** Starts delivery at `offset`. Called once. */
  begin(offset: number): void
}

/** Records of one partition in offset order; contiguous with the partition's previous batch but for gaps that the log itself has. */
export interface RawBatch {
  readonly kind: 'batch'
  readonly lease: Lease
  readonly records: Records
  /** Payload bytes (keys and values), for the bridge's byte credits. */
  readonly bytes: number
  /** Records of this partition that the log holds after this batch, as last seen. */
  readonly lag: number
  /** Records that the input deleted before they could be read, directly before these; default: none. */
  readonly lost?: number
  /** The source may use the records' memory again: nobody reads them, or any view of them, any more. Who does not call it keeps them. */
  recycle?(): void
}

/** Nothing more will come of this partition: it went to another owner, or the file ended. */
export interface Revoked {
  readonly kind: 'revoked'
  readonly lease: Lease
}

export type SourceEvent = Assigned | RawBatch | Revoked

/** The next offset to read of a partition. */
export interface Position {
  readonly lease: Lease
  readonly offset: number
}

/**
 * Where records come from.
 *
 * Ordering: within a partition by offset; between partitions none.
 * Blocking: `read` fetches no further while its consumer does not ask for the next event, so at most one batch waits inside.
 * Errors: `connect` and `read` throw an `Error` whose message says what, where, what was expected and how to mend it;
 * a transient fault is retried inside and never thrown.
 */
export interface Source {
  /** Verifies that the input exists and can be read. Called once, before `read`. */
  connect(): Promise<void>
  /** The events; ends when a finite input is exhausted, or after `close`. Called once. */
  read(): AsyncIterable<SourceEvent>
  /**
   * Records that everything before each offset is finished. Resolves when durable.
   * Throws when the lease was lost meanwhile (then nothing was recorded).
   */
  commit(positions: readonly Position[]): Promise<void>
  /** Ends `read` and releases everything; safe to call at any time, more than once. */
  close(): Promise<void>
}
