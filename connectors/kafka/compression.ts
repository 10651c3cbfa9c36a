import * as zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { decodeLz4Frame, encodeLz4Frame } from './lz4-frame.js'
import { decodeSnappy, encodeSnappy } from './snappy-frame.js'
import { decodeZstd } from './zstd-frame.js'

/** How a topic writer packs its records. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

const types: Record<Compression, kafkajs.CompressionTypes> = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
}

/** Node has zstd from 22.15 on (and 23.8); the types of the oldest Node that we support do not know it. */
const native = zlib as typeof zlib & {
  zstdCompressSync?: (data: Uint8Array) => Buffer
  zstdDecompressSync?: (data: Uint8Array, options: { maxOutputLength: number }) => Buffer
}

/** kafkajs's number for a compression. Throws where this Node cannot compress that way. */
export function compressionType(compression: Compression): kafkajs.CompressionTypes {
  if (compression === 'zstd' && native.zstdCompressSync === undefined) {
    throw new Error(
      `compression: zstd needs Node 22.15 or newer to write (this is ${process.version}); use lz4 or gzip. Reading zstd works everywhere`,
    )
  }
  return types[compression]
}

/** Most bytes that one record batch may unpack to: producers make batches of about 1 MiB, and a hostile one must not take all memory. */
export const maxUnpacked = 256 * 1024 * 1024

/** The records of a batch as its compression (none excepted) packed them. Throws when they are damaged or unpack to more than the limit. */
export function unpack(compression: Exclude<Compression, 'none'>, data: Buffer, limit = maxUnpacked): Buffer {
  switch (compression) {
    case 'gzip':
      return zlib.gunzipSync(data, { maxOutputLength: limit })
    case 'snappy':
      return decodeSnappy(data, limit)
    case 'lz4':
      return decodeLz4Frame(data, limit)
    case 'zstd':
      return native.zstdDecompressSync?.(data, { maxOutputLength: limit }) ?? decodeZstd(data, limit)
  }
}

/** The codecs that kafkajs lacks; it keeps them in one table for the whole process. */
export function registerCodecs(): void {
  const codecs: Partial<Record<kafkajs.CompressionTypes, () => unknown>> = kafkajs.CompressionCodecs
  const codec = (compression: 'snappy' | 'lz4' | 'zstd', pack: (data: Buffer) => Buffer | undefined) => () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => pack(buffer),
    decompress: async (data: Buffer) => unpack(compression, data),
  })
  codecs[types.snappy] = codec('snappy', encodeSnappy)
  codecs[types.lz4] = codec('lz4', encodeLz4Frame)
  codecs[types.zstd] = codec('zstd', (data) => native.zstdCompressSync?.(data))
}
