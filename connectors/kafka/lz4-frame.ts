import { compressBlock, compressBound, decompressBlock } from 'lz4js'

/*
 * LZ4 frames (github.com/lz4/lz4, doc/lz4_Frame_format.md) around lz4js's blocks. Its own frames do not do for Kafka:
 * it writes linked blocks, which Java refuses, and misreads block checksums.
 */

const magic = 0x184d2204
const uncompressed = 0x8000_0000
const blockSizes = [65_536, 262_144, 1_048_576, 4_194_304]

/** Version 1, independent blocks of at most 64 KiB, no checksums or sizes; the last byte is the header's own checksum. */
const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
const blockSize = 65_536

export function encodeLz4Frame(source: Uint8Array): Buffer {
  const parts: Uint8Array[] = [header]
  const table = new Uint32Array(65_536)
  for (let start = 0; start < source.length; start += blockSize) {
    const block = source.subarray(start, start + blockSize)
    const packed = new Uint8Array(compressBound(block.length))
    const length = compressBlock(block, packed, 0, block.length, table.fill(0))
    const shrinks = length > 0 && length < block.length
    parts.push(word(shrinks ? length : (uncompressed | block.length) >>> 0), shrinks ? packed.subarray(0, length) : block)
  }
  return Buffer.concat([...parts, word(0)])
}

/**
 * Decodes one frame: independent or linked blocks, with or without sizes. Checksums are skipped: Kafka has its own.
 * Throws when it is damaged, or its blocks may hold more than `limit` bytes.
 */
export function decodeLz4Frame(frame: Buffer, limit = Number.POSITIVE_INFINITY): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== magic) throw new Error('not an LZ4 frame')
  const flags = frame.readUInt8(4)
  const maxBlock = blockSizes[((frame.readUInt8(5) >> 4) & 7) - 4]
  if (flags >> 6 !== 1 || maxBlock === undefined) throw new Error('an LZ4 frame of an unknown version')
  const sumLength = flags & 0x10 ? 4 : 0
  const first = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
  const blocks = [...blocksOf(frame, first, sumLength)]
  const bound = blocks.reduce((sum, { length, plain }) => sum + (plain ? length : maxBlock), 0)
  if (bound > limit) throw new Error(`an LZ4 frame of up to ${bound} bytes; the limit is ${limit}`)
  const target = Buffer.allocUnsafe(bound)
  let end = 0
  for (const { start, length, plain } of blocks) {
    if (plain) end += frame.copy(target, end, start, start + length)
    else end = decompressBlock(frame, target, start, length, end)
  }
  if (!(end <= bound)) throw new Error('an LZ4 block that unpacks to more than its frame allows')
  return target.subarray(0, end)
}

function* blocksOf(frame: Buffer, first: number, sumLength: number) {
  for (let at = first; ; ) {
    if (at + 4 > frame.length) throw new Error('an LZ4 frame without its end')
    const size = frame.readUInt32LE(at)
    if (size === 0) return
    const length = size & ~uncompressed
    if (at + 4 + length > frame.length) throw new Error('an LZ4 frame that ends in the middle of a block')
    yield { start: at + 4, length, plain: size >= uncompressed }
    at += 4 + length + sumLength
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
