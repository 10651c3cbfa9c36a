import * as zlib from 'node:zlib'
import { decompress as unzstd } from 'fzstd'
import kafkajs from 'kafkajs'
import snappy from 'kafkajs-snappy'
import { decodeLz4Frame, encodeLz4Frame } from './lz4-frame.js'

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
const native = zlib as typeof zlib & { zstdCompressSync?: (data: Uint8Array) => Buffer; zstdDecompressSync?: (data: Uint8Array) => Buffer }

/** kafkajs's number for a compression. Throws where this Node cannot compress that way. */
export function compressionType(compression: Compression): kafkajs.CompressionTypes {
  if (compression === 'zstd' && native.zstdCompressSync === undefined) {
    throw new Error(
      `compression: zstd needs Node 22.15 or newer to write (this is ${process.version}); use lz4 or gzip. Reading zstd works everywhere`,
    )
  }
  return types[compression]
}

/** The codecs that kafkajs lacks; it keeps them in one table for the whole process. */
export function registerCodecs(): void {
  const codecs: Partial<Record<kafkajs.CompressionTypes, () => unknown>> = kafkajs.CompressionCodecs
  codecs[types.snappy] = snappy
  codecs[types.lz4] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => encodeLz4Frame(buffer),
    decompress: async (data: Buffer) => decodeLz4Frame(data),
  })
  codecs[types.zstd] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => native.zstdCompressSync?.(buffer),
    decompress: async (data: Buffer) => native.zstdDecompressSync?.(data) ?? asBuffer(unzstd(data)),
  })
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
