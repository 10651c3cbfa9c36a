import { gzipSync } from 'node:zlib'
import { crc32c } from '../../../../connectors/kafka/columnar/crc32c.js'
import { type Compression, compressions } from '../../../../connectors/kafka/compression.js'
import { encodeLz4Frame } from '../../../../connectors/kafka/lz4-frame.js'
import { encodeSnappy } from '../../../../connectors/kafka/snappy-frame.js'

export interface BuiltRecord {
  readonly offset: number
  readonly timestamp?: number
  readonly key?: string | null
  readonly value?: string | Buffer | null
  readonly headers?: readonly (readonly [string, string])[]
}

export interface BuiltBatch {
  readonly records: readonly BuiltRecord[]
  readonly firstOffset?: number
  readonly lastOffset?: number
  readonly timestamp?: number
  /** The broker's time for all records. */
  readonly appendTime?: number
  readonly compression?: Compression
  /** Packs the records instead of the default for the compression. */
  readonly pack?: (records: Buffer) => Buffer
  readonly transactional?: boolean
  readonly control?: boolean
  readonly producerId?: number
  readonly format?: number
  readonly count?: number
}

/** A record batch as a producer writes it. */
export function batch(built: BuiltBatch): Buffer {
  const { records, firstOffset = records[0]?.offset ?? 0, lastOffset = records.at(-1)?.offset ?? firstOffset } = built
  const { timestamp = 1_700_000_000_000, appendTime, compression = 'none', producerId = -1, count = records.length } = built
  const plain = Buffer.concat(records.map((record) => encode(record, firstOffset, timestamp)))
  const packed = (built.pack ?? packers[compression])(plain)
  const header = Buffer.alloc(61)
  const flags = (appendTime === undefined ? 0 : 8) | (built.transactional ? 16 : 0) | (built.control ? 32 : 0)
  header.writeBigInt64BE(BigInt(firstOffset), 0)
  header.writeInt32BE(61 - 12 + packed.length, 8)
  header.writeInt8(built.format ?? 2, 16)
  header.writeInt16BE(compressions.indexOf(compression) | flags, 21)
  header.writeInt32BE(lastOffset - firstOffset, 23)
  header.writeBigInt64BE(BigInt(timestamp), 27)
  header.writeBigInt64BE(BigInt(appendTime ?? timestamp), 35)
  header.writeBigInt64BE(BigInt(producerId), 43)
  header.writeInt32BE(count, 57)
  const whole = Buffer.concat([header, packed])
  whole.writeUInt32BE(crc32c(whole, 21), 17)
  return whole
}

/** The mark that ends a transaction. */
export const mark = (offset: number, producerId: number, kind: 'abort' | 'commit'): Buffer =>
  batch({
    records: [{ offset, key: kind === 'abort' ? '\0\0\0\0' : '\0\0\0\u0001', value: '\0\0\0\0\0\0' }],
    control: true,
    transactional: true,
    producerId,
  })

const packers: Readonly<Record<Compression, (records: Buffer) => Buffer>> = {
  none: (records) => records,
  gzip: (records) => gzipSync(records),
  snappy: encodeSnappy,
  lz4: encodeLz4Frame,
  zstd: storedZstd,
}

/** A zstd frame of one block that is stored as it is: any Node can write it. */
export function storedZstd(content: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
  head.writeUInt32LE(content.length, 5)
  const block = Buffer.alloc(3)
  block.writeUIntLE((content.length << 3) | 1, 0, 3)
  return Buffer.concat([head, block, content])
}

/** Snappy blocks in the frame of the Java client. */
export function xerial(content: Buffer, blockSize: number): Buffer {
  const parts: Buffer[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])]
  for (let at = 0; at < content.length; at += blockSize) {
    const block = encodeSnappy(content.subarray(at, at + blockSize))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value < 0 ? BigInt(-value) * 2n - 1n : BigInt(value) * 2n
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

function encode({ offset, timestamp, key = null, value = null, headers = [] }: BuiltRecord, firstOffset: number, base: number): Buffer {
  const text = (content: string | Buffer | null) =>
    content === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(content)), Buffer.from(content)])
  const body = Buffer.concat([
    Buffer.of(0),
    varint((timestamp ?? base) - base),
    varint(offset - firstOffset),
    text(key),
    text(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [text(name), text(content)]),
  ])
  return Buffer.concat([varint(body.length), body])
}
