import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Raster } from '../../../pictures/raster.js'

/** Unsigned bytes in three dimensions. */
const MAGIC = 0x00000803
const HEADER = 16

/** MNIST's 10,000 test digits, 28 x 28 and grey (yann.lecun.com/exdb/mnist; idx format, gzip). */
export async function readMnist(data: string): Promise<Raster[]> {
  const path = join(data, 'mnist_t10k', 't10k-images-idx3-ubyte.gz')
  const packed = await readFile(path).catch(() => {
    throw new Error(`there is no file ${path}; expected MNIST's test pictures`)
  })
  const file = gunzipSync(packed)
  if (file.readUInt32BE(0) !== MAGIC)
    throw new Error(`${path}: expected idx of bytes in three dimensions (00000803), found ${file.toString('hex', 0, 4)}`)
  const [count, height, width] = [4, 8, 12].map((at) => file.readUInt32BE(at))
  const size = width * height
  if (file.length < HEADER + count * size)
    throw new Error(`${path}: ends after ${file.length} bytes, but its header promises ${HEADER + count * size}`)
  return Array.from({ length: count }, (_, i) => {
    const grey = file.subarray(HEADER + i * size, HEADER + (i + 1) * size)
    return { width, height, rgb: Uint8Array.from({ length: 3 * size }, (_, at) => grey[Math.floor(at / 3)]) }
  })
}
