import { damaged } from './record-batch-error.js'

/** Reads bytes one after the other, and throws a `RecordBatchError` at their end. */
export class Cursor {
  /** @param at where to begin, and later where it stands; @param end the first byte that is not to be read */
  constructor(
    readonly bytes: Buffer,
    public at: number,
    readonly end: number,
  ) {}

  /** A signed number as Kafka writes its varint and varlong: base 128, lowest group first, zigzag (Protocol Buffers' sint64). */
  varint(): number {
    const first = this.bytes[this.at]
    if (first >= 0x80 || this.at >= this.end) return this.#long()
    this.at++
    return (first >>> 1) ^ -(first & 1)
  }

  /** Steps over `length` bytes and returns where they began. */
  skip(length: number): number {
    const start = this.at
    if (!(length >= 0 && length <= this.end - start)) throw damaged(`a field of ${length} bytes where ${this.end - start} are left`)
    this.at = start + length
    return start
  }

  #long(): number {
    let value = 0
    for (let scale = 1; this.at < this.end && scale < 2 ** 64; scale *= 128) {
      const byte = this.bytes[this.at++]
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw damaged('a number without its last byte')
  }
}
