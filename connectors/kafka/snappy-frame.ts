import { compress, uncompress } from 'snappyjs'

/*
 * Snappy as Kafka has it: one block (github.com/google/snappy, format_description.txt), or, from the Java client, the
 * xerial frame: a header of 16 bytes, then blocks with their length before each.
 */

const xerial = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const headerLength = 16

export const encodeSnappy = (source: Buffer): Buffer => compress(source)

/** Decodes one block or one frame. Throws when it is damaged, or declares more than `limit` bytes. */
export function decodeSnappy(data: Buffer, limit: number): Buffer {
  if (!data.subarray(0, xerial.length).equals(xerial)) return decodeBlock(data, limit)
  const blocks: Buffer[] = []
  let left = limit
  for (let at = headerLength; at < data.length; ) {
    const end = at + 4 > data.length ? Number.NaN : at + 4 + data.readUInt32BE(at)
    if (!(end <= data.length)) throw new Error('a snappy frame that ends in the middle of a block')
    const block = decodeBlock(data.subarray(at + 4, end), left)
    blocks.push(block)
    left -= block.length
    at = end
  }
  return Buffer.concat(blocks)
}

function decodeBlock(block: Buffer, limit: number): Buffer {
  const length = declaredLength(block)
  if (length > limit) throw new Error(`a snappy block that unpacks to ${length} bytes; the limit is ${limit}`)
  return uncompress(block)
}

/** The length that a block begins with, a little-endian base-128 number. */
function declaredLength(block: Buffer): number {
  let length = 0
  for (let i = 0; i < 5 && i < block.length; i++) {
    length += (block[i] & 0x7f) * 2 ** (7 * i)
    if (block[i] < 0x80) return length
  }
  throw new Error('a snappy block without its length')
}
