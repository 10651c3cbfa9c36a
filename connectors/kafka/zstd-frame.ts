import { Decompress } from 'fzstd'

/*
 * Zstandard (RFC 8878) for Node versions that lack it. The decompressor takes what a frame declares on trust, so the
 * declared window and size are looked at first, and its output is counted.
 */

const magic = 0xfd2fb528

/** Decodes one or more frames. Throws when they are damaged or need more than `limit` bytes. */
export function decodeZstd(data: Buffer, limit: number): Buffer {
  if (declaredBytes(data) > limit) throw new Error(`a zstd frame that declares more than the limit of ${limit} bytes`)
  const parts: Uint8Array[] = []
  let length = 0
  const stream = new Decompress((part) => {
    length += part.length
    if (length > limit) throw new Error(`a zstd frame that unpacks to more than the limit of ${limit} bytes`)
    parts.push(part)
  })
  stream.push(data, true)
  return Buffer.concat(parts)
}

/** The larger of the first frame's window and content size (RFC 8878, 3.1.1.1). */
function declaredBytes(frame: Buffer): number {
  if (frame.length < 6 || frame.readUInt32LE(0) !== magic) throw new Error('not a zstd frame')
  const descriptor = frame[4]
  const single = (descriptor & 0x20) !== 0
  const base = 2 ** (10 + (frame[5] >> 3))
  const window = single ? 0 : base + (base / 8) * (frame[5] & 7)
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]
  const at = (single ? 5 : 6) + [0, 1, 2, 4][descriptor & 3]
  if (at + sizeBytes > frame.length) throw new Error('a zstd frame that ends in its header')
  return Math.max(window, declaredSize(frame, at, sizeBytes))
}

function declaredSize(frame: Buffer, at: number, bytes: number): number {
  switch (bytes) {
    case 0:
      return 0
    case 2:
      return frame.readUInt16LE(at) + 256
    case 8:
      return Number(frame.readBigUInt64LE(at))
    default:
      return frame.readUIntLE(at, bytes)
  }
}
