import { readFileSync } from 'node:fs'
import { crc32, inflateSync } from 'node:zlib'
import { z } from 'zod'
import { preprocessSchema } from '../../pictures/preprocess.js'
import type { Raster } from '../../pictures/raster.js'

const folder = new URL('../../../tests/fixtures/pictures/', import.meta.url)

/** The bytes of a picture that tests/fixtures/pictures/make.py made. */
export const pictureFile = (name: string): Buffer => readFileSync(new URL(name, folder))

const packed = z.object({
  width: z.int(),
  height: z.int(),
  rgb: z.string().transform((text) => new Uint8Array(inflateSync(Buffer.from(text, 'base64')))),
})
const goldenSchema = z.object({
  pillow: z.string(),
  decoded: z.record(z.string(), packed),
  preprocessed: z.array(packed.extend({ picture: z.string(), spec: preprocessSchema })),
})

/** What Pillow reads from those pictures and makes of them. */
export const golden = goldenSchema.parse(JSON.parse(pictureFile('golden.json').toString()))

/** A raster whose pixels a function of the place gives, 0..255. */
export function rasterOf(width: number, height: number, pixel: (x: number, y: number) => readonly [number, number, number]): Raster {
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rgb.set(pixel(x, y), (y * width + x) * 3)
  return { width, height, rgb }
}

/** A raster of one grey level. */
export const plain = (width: number, height: number, level: number): Raster => rasterOf(width, height, () => [level, level, level])

/** The same JPEG or PNG, whose header says another size. */
export function withSize(bytes: Buffer, width: number, height: number): Buffer {
  const made = Buffer.from(bytes)
  if (made[0] === 0x89) {
    made.writeUInt32BE(width, 16)
    made.writeUInt32BE(height, 20)
    made.writeUInt32BE(crc32(made.subarray(12, 29)), 29)
    return made
  }
  const frame = made.indexOf('\xff\xc0', 0, 'latin1')
  made.writeUInt16BE(height, frame + 5)
  made.writeUInt16BE(width, frame + 7)
  return made
}
