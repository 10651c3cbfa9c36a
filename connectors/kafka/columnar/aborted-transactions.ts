import type { BatchHeader } from './batch-header.js'
import { Cursor } from './cursor.js'

/** A transaction that was aborted: its batches, from the first offset to the producer's next abort mark, do not count. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

const abortMark = 0

/** Tells, batch after batch in offset order, which records a `read_committed` reader sees. */
export class AbortedTransactions {
  readonly #ahead: AbortedTransaction[]
  /** Producers in the midst of an aborted transaction. */
  readonly #open = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#ahead = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the records of the next batch count. `set` is what the batch lies in. */
  shows(batch: BatchHeader, set: Buffer): boolean {
    while (this.#ahead.length > 0 && this.#ahead[0].firstOffset <= batch.lastOffset) this.#open.add(this.#ahead.shift()!.producerId)
    if (batch.control) {
      if (this.#open.has(batch.producerId) && markOf(batch, set) === abortMark) this.#open.delete(batch.producerId)
      return false
    }
    return !(batch.transactional && this.#open.has(batch.producerId))
  }
}

/** What a control batch marks: the second 16-bit number in the key of its one record. */
function markOf({ start, end }: BatchHeader, set: Buffer): number {
  const cursor = new Cursor(set, start, end)
  cursor.varint()
  cursor.skip(1)
  cursor.varint()
  cursor.varint()
  cursor.varint()
  return set.readInt16BE(cursor.skip(4) + 2)
}
