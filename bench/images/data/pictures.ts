import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Raster } from '../../../pictures/raster.js'

/** A picture of a data set. */
export interface Picture {
  /** Path below the folder of the set. */
  readonly name: string
  readonly raster: Raster
}

/** Paths of the jpg files of a folder and of those in it, sorted. Throws an `Error` where there is none. */
export async function jpgFiles(folder: string, expected: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const files = names.filter((name) => name.endsWith('.jpg')).sort()
  if (files.length === 0) throw new Error(`${folder} holds no jpg files; expected ${expected}`)
  return files
}

/** The files decoded, in their order; with `side`, the middle of each as a square (a picture whose short side is another is resized to it). */
export const readPictures = async (folder: string, files: readonly string[], side?: number): Promise<Picture[]> =>
  Promise.all(files.map(async (name) => ({ name, raster: await decode(join(folder, name), side) })))

/** Three channels, whatever the file has. */
async function decode(path: string, side: number | undefined): Promise<Raster> {
  const whole = sharp(path)
  const { data, info } = await (side === undefined ? whole : whole.resize(side, side, { fit: 'cover', kernel: 'linear' }))
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new Error(`${path}: this picture cannot be decoded (${error instanceof Error ? error.message : error})`)
    })
  const { width, height, channels } = info
  const rgb =
    channels === 3 ? new Uint8Array(data) : Uint8Array.from({ length: 3 * width * height }, (_, i) => data[Math.floor(i / 3) * channels])
  return { width, height, rgb }
}

/** Most photos have this short side: of them the middle is cut out as it is. */
const PHOTO_SIDE = 240

/** The middles of the 300 photos, one of each class (github.com/EliSchwartz/imagenet-sample-images). */
export async function readPhotos(data: string): Promise<Picture[]> {
  const folder = join(data, 'imagenet_samples')
  return readPictures(folder, await jpgFiles(folder, 'the photos of imagenet-sample-images'), PHOTO_SIDE)
}

/** Textures of ten classes (DTD). */
export async function readTextures(data: string): Promise<Picture[]> {
  const folder = join(data, 'dtd10')
  return readPictures(folder, await jpgFiles(folder, 'one folder of jpg files for each class of DTD'))
}
