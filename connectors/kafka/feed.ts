import type { Lease, PartitionRef } from '../source.js'
import type { Portion } from './batches.js'

/** A partition while it is ours. `position` is the next offset to hand over, undefined before `begin`. */
export class Reading implements Lease {
  revoked = false
  position: number | undefined
  /** Records that were deleted unread before the next ones. */
  lost = 0
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly until: number,
  ) {}
}

/** What brings the records of the partitions that were begun: this is where the drivers differ. */
export interface Feed {
  /** Brings the partition's records from `offset` on, until it is ended or revoked. */
  begin(reading: Reading, offset: number): void
  /** No more of the partition is wanted. */
  end(reading: Reading): void
  close(): Promise<void>
}

/** What a feed tells its reader. Nothing here throws. */
export interface FeedListener {
  /** The partition as it is read now, if it is ours. */
  reading(partition: PartitionRef): Reading | undefined
  /**
   * Hands records over; resolves when they were taken, with false when the partition is ours no longer.
   * @param end the offset after the log's last record, as last seen
   */
  handOver(reading: Reading, portion: Portion, end: number): Promise<boolean>
  /** Everything before `next` was handed over, or held no records (marks of transactions). */
  passed(reading: Reading, next: number): void
  /**
   * Compares the reading's position with what the log holds.
   * @returns the offset to go on from; undefined when the reading ended or failed meanwhile
   */
  resume(reading: Reading): Promise<number | undefined>
  failed(error: unknown): void
}

export const recreated = 'the topic was truncated or created anew'
export const where = ({ topic, partition }: PartitionRef) => `topic ${topic}, partition ${partition}`
