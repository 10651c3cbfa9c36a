import { createHash } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { decodePicture } from '../pictures/decode.js'
import { degradable, degraded } from '../pictures/degrade.js'
import type { PictureFault, PictureLimits } from '../pictures/fault.js'
import { fnv1a, type PatchGrid, patchBytes, patchesOf } from '../pictures/patches.js'
import { type PreprocessSpec, preprocess } from '../pictures/preprocess.js'
import type { Raster } from '../pictures/raster.js'
import { type Done, serve } from './crew-member.js'

/** What the worker is started with. */
export interface PreparingSetup {
  readonly preprocessing: PreprocessSpec
  readonly limits: PictureLimits
  /** Only where a DisCoPatch network judges pictures by their patches. */
  readonly grid?: PatchGrid | undefined
}

/** `pictures`: as the network takes them; `versions`: the picture and degraded versions of it; `trace`: with hashes of each step. */
export type PreparingTask =
  | { readonly kind: 'pictures'; readonly pictures: readonly Uint8Array[] }
  | { readonly kind: 'versions'; readonly picture: Uint8Array; readonly seed: number }
  | { readonly kind: 'trace'; readonly picture: Uint8Array }

/** Pictures as the network takes them, n x h x w x 3, in memory that threads share, for they are wanted again where a backbone dies of them. */
export type Pixels = Uint8Array<SharedArrayBuffer>

export interface PreparedPictures {
  /** Of those that are not faulty. */
  readonly pixels: Pixels
  /** The patches of each of them, but not of degraded versions. */
  readonly patches?: Pixels
  /** For each picture of the task. */
  readonly faults: readonly (PictureFault | undefined)[]
  /** Of a trace: SHA-256 of the decoded pixels and of `pixels` and `patches`, hexadecimal. */
  readonly hashes?: { readonly decoded: string; readonly preprocessed: string }
}

const { preprocessing, limits, grid } = workerData as PreparingSetup
const isFault = (picture: Raster | PictureFault): picture is PictureFault => 'reason' in picture
const hash = (...contents: Uint8Array[]): string => contents.reduce((sum, one) => sum.update(one), createHash('sha256')).digest('hex')

/** Decoding begins at once, in libuv's threads; the rest follows in the order of the tasks. */
function begin(task: PreparingTask): () => Promise<Done<PreparedPictures>> {
  const files = task.kind === 'pictures' ? task.pictures : [task.picture]
  const decoding = files.map((bytes) => decodePicture(bytes, limits))
  return async () => {
    const decoded = await Promise.all(decoding)
    const faults = decoded.map((picture) => (isFault(picture) ? picture : undefined))
    const good = decoded.filter((picture): picture is Raster => !isFault(picture))
    const pixels = pixelsOf(task.kind === 'versions' ? good.flatMap((picture) => versionsOf(picture, task.seed)) : good)
    const patches = grid && task.kind !== 'versions' ? patchesOfAll(files, decoded, grid) : undefined
    const preprocessed = patches === undefined ? [pixels] : [pixels, patches]
    const hashes = task.kind === 'trace' && good.length > 0 && { decoded: hash(good[0].rgb), preprocessed: hash(...preprocessed) }
    return { result: { pixels, faults, ...(patches && { patches }), ...(hashes && { hashes }) }, transfer: [] }
  }
}

function versionsOf(picture: Raster, seed: number): Raster[] {
  const clean = degradable(picture)
  return [clean, ...degraded(clean, seed)]
}

function pixelsOf(pictures: readonly Raster[]): Pixels {
  const [height, width] = preprocessing.size
  const each = height * width * 3
  const pixels = new Uint8Array(new SharedArrayBuffer(pictures.length * each))
  for (const [i, picture] of pictures.entries()) pixels.set(preprocess(picture, preprocessing), i * each)
  return pixels
}

/** The file itself seeds its grid: the same picture has the same patches wherever and whenever it comes. */
function patchesOfAll(files: readonly Uint8Array[], decoded: readonly (Raster | PictureFault)[], grid: PatchGrid): Pixels {
  const found = decoded.flatMap((picture, i) => (isFault(picture) ? [] : [patchesOf(picture, grid, fnv1a(files[i]))]))
  const patches = new Uint8Array(new SharedArrayBuffer(found.length * patchBytes(grid)))
  for (const [i, one] of found.entries()) patches.set(one, i * one.length)
  return patches
}

serve<PreparingTask, PreparedPictures>(async () => ({ begin, end: async () => undefined }))
