import Decoder from 'kafkajs/src/protocol/decoder.js'
import Long from 'kafkajs/src/utils/long.js'

/**
 * Mends two places of kafkajs 2.2.4 that are nearly half of the time it takes to decode a record: it reads the first offset and the
 * first timestamp of a batch from decimal text anew for each of its records, and each record's time by a dozen Longs.
 */
export function quickenLongs(): void {
  if (Long.fromString.name === remembering.name) return
  Long.fromString = remembering(Long.fromString)
  Decoder.prototype.readVarLong = counting(Decoder.prototype.readVarLong)
}

/** Longs never change, so the last two are handed out again. */
function remembering(parse: typeof Long.fromString): typeof Long.fromString {
  let [newText, oldText] = ['0', '0']
  let [newLong, oldLong] = [parse.call(Long, newText), parse.call(Long, oldText)]
  return function remembering(text: string): Long {
    if (text === newText) return newLong
    if (text === oldText) return oldLong
    const long = parse.call(Long, text)
    oldText = newText
    oldLong = newLong
    newText = text
    newLong = long
    return long
  }
}

/** Bytes of a varint whose bits fit into a number of 32. */
const FEW_BYTES = 4

/** Reads short numbers as such, and hands the last one out again; longer ones are left to `read`. */
function counting(read: typeof Decoder.prototype.readVarLong): typeof Decoder.prototype.readVarLong {
  let last = 0
  let long = Long.fromNumber(last)
  return function counting(this: Decoder): Long {
    let bits = 0
    for (let i = 0; i < FEW_BYTES; i++) {
      const byte = this.buffer[this.offset + i]
      bits |= (byte & 0x7f) << (7 * i)
      if (byte >= 0x80) continue
      this.offset += i + 1
      const value = (bits >>> 1) ^ -(bits & 1)
      if (value !== last) long = Long.fromNumber(value)
      last = value
      return long
    }
    return read.call(this)
  }
}
