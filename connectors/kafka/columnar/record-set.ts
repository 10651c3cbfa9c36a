import type { PartitionRef } from '../../source.js'
import type { Portion } from '../batches.js'
import { unpack } from '../compression.js'
import { where } from '../feed.js'
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.js'
import type { AnswerMemory } from './answer-memory.js'
import { type BatchHeader, batchesOf } from './batch-header.js'
import { crc32c } from './crc32c.js'
import { PortionBuilder } from './portion-builder.js'
import { damaged, RecordBatchError } from './record-batch-error.js'
import { RecordReader } from './record-reader.js'

/** What one fetch brought of a partition: whole record batches, decoded only as they are asked for. */
export class RecordSet {
  readonly #batches: readonly BatchHeader[]

  /** Reads the headers. Throws a `RecordBatchError`, as all that reads on does. */
  constructor(
    private readonly place: PartitionRef,
    readonly bytes: Buffer,
    private readonly aborted: readonly AbortedTransaction[],
    private readonly checkCrcs: boolean,
    private readonly memory: AnswerMemory,
  ) {
    this.#batches = this.#named(place, () => [...batchesOf(bytes)])
  }

  /** The offset after the last whole batch, whether it shows records or not; undefined when there is no whole batch. */
  get end(): number | undefined {
    const last = this.#batches.at(-1)
    return last && last.lastOffset + 1
  }

  get size(): number {
    return this.bytes.length
  }

  /** The records from offset `from` on, below `until`, in portions; aborted transactions and marks left out. */
  *portions(from: number, until: number): Generator<Portion> {
    const aborted = new AbortedTransactions(this.aborted)
    let left = this.#batches.reduce((sum, { count }) => sum + count, 0)
    let portion = new PortionBuilder(left, this.memory.columns)
    for (const batch of this.#batches) {
      if (batch.firstOffset >= until) break
      const records = this.#named(batch, () => this.#open(batch, aborted, from))
      while (records !== undefined && !this.#named(batch, () => records.fill(portion, from, until))) {
        left -= portion.length
        yield this.#lend(portion)
        portion = new PortionBuilder(left, this.memory.columns)
      }
    }
    if (portion.length > 0) yield this.#lend(portion)
  }

  /** The portion holds the bytes until it is recycled. */
  #lend(builder: PortionBuilder): Portion {
    const { records, bytes } = builder.build()
    this.memory.hold(this.bytes)
    let lent = true
    const recycle = () => {
      if (!lent) return
      lent = false
      builder.recycle()
      this.memory.release(this.bytes)
    }
    return { records, bytes, recycle }
  }

  #open(batch: BatchHeader, aborted: AbortedTransactions, from: number): RecordReader | undefined {
    const { start, end, compression, crc, checkedFrom } = batch
    if (this.checkCrcs && crc32c(this.bytes, checkedFrom, end) !== crc) throw damaged('a record batch whose CRC is wrong')
    if (!aborted.shows(batch, this.bytes) || batch.lastOffset < from) return undefined
    if (compression === 'none') return new RecordReader(batch, this.bytes, start, end)
    const records = unpack(compression, this.bytes.subarray(start, end))
    return new RecordReader(batch, records, 0, records.length)
  }

  /** Does `work` and names the place in its errors. */
  #named<Result>(at: PartitionRef | BatchHeader, work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      const offset = 'firstOffset' in at ? `, offset ${at.firstOffset}` : ''
      const what =
        error instanceof RecordBatchError ? error.message : damaged(error instanceof Error ? error.message : String(error)).message
      throw new RecordBatchError(`${where(this.place)}${offset}: ${what}`, { cause: error })
    }
  }
}
