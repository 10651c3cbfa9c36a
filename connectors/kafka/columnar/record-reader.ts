import type { BatchHeader } from './batch-header.js'
import { Cursor } from './cursor.js'
import type { PortionBuilder } from './portion-builder.js'
import { damaged } from './record-batch-error.js'

/** Reads the records of one batch, some at a time, into columns. */
export class RecordReader {
  readonly #cursor: Cursor
  #left: number
  /** The offset before. */
  #last: number

  /** @param records the batch's records, unpacked, in `records` from `start` to `end` */
  constructor(
    private readonly batch: BatchHeader,
    private readonly records: Buffer,
    start: number,
    end: number,
  ) {
    this.#cursor = new Cursor(records, start, end)
    this.#left = batch.count
    this.#last = batch.firstOffset - 1
  }

  /**
   * Adds records with offsets of at least `from` and below `until`, until the portion is full.
   * @returns whether the batch is done; when not, the same call with an empty portion goes on
   */
  fill(portion: PortionBuilder, from: number, until: number): boolean {
    const { firstOffset, lastOffset, timestamp: base, appendTime } = this.batch
    const cursor = this.#cursor
    for (; this.#left > 0; this.#left--) {
      const before = cursor.at
      const length = cursor.varint()
      const end = cursor.at + length
      if (!(length > 0 && end <= cursor.end)) throw damaged(`a record of ${length} bytes where ${cursor.end - cursor.at} are left`)
      cursor.skip(1)
      const delta = cursor.varint()
      const timestamp = appendTime ? base : base + delta
      const offset = firstOffset + cursor.varint()
      const keyLength = cursor.varint()
      const keyStart = keyLength < 0 ? -1 : cursor.skip(keyLength)
      const keyEnd = cursor.at
      const valueLength = cursor.varint()
      const valueStart = valueLength < 0 ? -1 : cursor.skip(valueLength)
      const valueEnd = cursor.at
      skipHeaders(cursor)
      if (cursor.at !== end) throw damaged(`a record that ends ${cursor.at - end} bytes after its end`)
      if (!(offset > this.#last && offset <= lastOffset))
        throw damaged(`offset ${offset} after ${this.#last} in a batch up to ${lastOffset}`)
      if (offset >= until) return true
      if (offset >= from) {
        if (!portion.takes(Math.max(0, keyLength) + Math.max(0, valueLength))) {
          cursor.at = before
          return false
        }
        portion.add(this.records, offset, timestamp, keyStart, keyEnd, valueStart, valueEnd, end)
      }
      this.#last = offset
    }
    if (cursor.at !== cursor.end) throw damaged(`a record batch with ${cursor.end - cursor.at} bytes after its last record`)
    return true
  }
}

function skipHeaders(cursor: Cursor): void {
  for (let left = cursor.varint(); left > 0; left--) {
    cursor.skip(cursor.varint())
    cursor.skip(Math.max(0, cursor.varint()))
  }
}
