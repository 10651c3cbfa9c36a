import type { EachBatchPayload } from 'kafkajs'
import type { PartitionRef } from '../source.js'
import { portions } from './batches.js'
import { type Feed, type FeedListener, type Reading, recreated, where } from './feed.js'
import type { Membership } from './membership.js'

/**
 * The records as kafkajs fetches and decodes them: driver kafkajs.
 *
 * Only what the reader took is resolved at kafkajs, and a fetch waits until all its batches are taken: a reader that
 * does not ask stops the fetching, and a restart inside kafkajs goes on where the reader stands.
 */
export class MessageFeed implements Feed {
  constructor(
    private readonly membership: Pick<Membership, 'begin' | 'pause'>,
    private readonly listener: FeedListener,
  ) {}

  begin(reading: Reading, offset: number): void {
    this.membership.begin(reading, offset)
  }

  end(reading: Reading): void {
    this.membership.pause(reading)
  }

  async close(): Promise<void> {}

  async deliver({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const reading = this.listener.reading(batch)
    if (reading?.position === undefined) return
    const first = Number(batch.firstOffset())
    if (first !== reading.position && !(await this.#mayStepTo(first, reading))) return
    for (const portion of portions(batch.messages, reading.until)) {
      if (!(await this.listener.handOver(reading, portion, Number(batch.highWatermark)))) return
      resolveOffset(String(portion.records.offsets.at(-1)))
    }
  }

  passed(partition: PartitionRef, next: number): void {
    const reading = this.listener.reading(partition)
    if (reading?.position !== undefined) this.listener.passed(reading, next)
  }

  /** Looks whether records are missing because the log has gaps (compaction, transactions), or because they were deleted unread. */
  async #mayStepTo(first: number, reading: Reading): Promise<boolean> {
    const { position = 0 } = reading
    if (first > position) return (await this.listener.resume(reading)) !== undefined
    this.listener.failed(new Error(`${where(reading)}: offset ${first} came after ${position - 1}: ${recreated}; start again`))
    return false
  }
}
