import sharp from 'sharp'
import type { Raster } from '../../../pictures/raster.js'
import { mapped } from '../pixels.js'
import { family } from './family.js'

/** Strength: part of the side that remains; box means down, the nearest pixel up. */
export const pixelate = family(
  'pixelate',
  { photo: [0.6, 0.5, 0.4, 0.3, 0.25], mild: [0.9, 0.85, 0.8, 0.7, 0.6], tiny: [0.95, 0.9, 0.85, 0.75, 0.65] },
  (picture, part) => {
    const [columns, rows] = [Math.round(part * picture.width), Math.round(part * picture.height)]
    const small = boxMeans(picture, columns, rows)
    const { width, height } = picture
    return mapped(picture, (i) => {
      const [row, column] = [Math.floor(i / (3 * width)), Math.floor((i / 3) % width)]
      return small[3 * (Math.floor(((row + 0.5) * rows) / height) * columns + Math.floor(((column + 0.5) * columns) / width)) + (i % 3)]
    })
  },
)

/** Strength: quality of the JPEG file, with chroma at half resolution as cameras write it. */
export const jpeg = family(
  'jpeg',
  { photo: [25, 18, 15, 10, 7], mild: [80, 65, 50, 35, 25], tiny: [80, 65, 58, 50, 40] },
  async ({ width, height, rgb }, quality) => {
    const file = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .jpeg({ quality, chromaSubsampling: '4:2:0' })
      .toBuffer()
    return { width, height, rgb: new Uint8Array(await sharp(file).raw().toBuffer()) }
  },
)

/** Means over boxes that need not fall on whole pixels: columns x rows x 3. */
function boxMeans({ width, height, rgb }: Raster, columns: number, rows: number): Float64Array {
  const [across, down] = [covers(width, columns), covers(height, rows)]
  const means = new Float64Array(3 * columns * rows)
  for (const [row, lines] of down.entries()) {
    for (const [column, places] of across.entries()) {
      for (const line of lines) {
        for (const place of places) {
          const weight = line.part * place.part
          for (let channel = 0; channel < 3; channel++)
            means[3 * (row * columns + column) + channel] += weight * rgb[3 * (line.index * width + place.index) + channel]
        }
      }
    }
  }
  return means
}

interface Cover {
  readonly index: number
  /** Its part of the box; those of a box sum to 1. */
  readonly part: number
}

/** The pixels of n under each of `boxes` boxes. */
const covers = (n: number, boxes: number): Cover[][] =>
  Array.from({ length: boxes }, (_, box) => {
    const [from, to] = [(box * n) / boxes, ((box + 1) * n) / boxes]
    const first = Math.floor(from)
    return Array.from({ length: Math.min(n, Math.ceil(to)) - first }, (_, i) => {
      const index = first + i
      return { index, part: (Math.min(to, index + 1) - Math.max(from, index)) / (to - from) }
    })
  })
