import { createHash } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { bulkhead } from 'cockatiel'
import { decodePicture } from '../pictures/decode.js'
import { degradable, degraded } from '../pictures/degrade.js'
import { defaultPictureLimits, type PictureFault, type PictureLimits } from '../pictures/fault.js'
import { fnv1a, type PatchGrid, patchesOf } from '../pictures/patches.js'
import { type PreprocessSpec, preprocess } from '../pictures/preprocess.js'
import type { Raster } from '../pictures/raster.js'
import { type Done, serve } from './serve.js'

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

/** Four pictures are decoded side by side: a decoded one may take hundreds of times the memory of its file. */
const few = bulkhead(4, Number.POSITIVE_INFINITY)

/** Of one picture: what the network takes, one version after the other, its patches, and the hash of the decoded pixels where it is asked for. */
interface PreparedPicture {
  readonly pixels: readonly Uint8Array[]
  readonly patches?: Uint8Array
  readonly decoded?: string
}

/** What is decoded is made small at once, and let go. The file itself seeds its grid: the same picture has the same patches whenever it comes. */
const prepare = (bytes: Uint8Array, { kind, ...task }: PreparingTask): Promise<PreparedPicture | PictureFault> =>
  few.execute(async () => {
    // What is traced is made up by Driftwatch, and below no limit of a user.
    const picture = await decodePicture(bytes, kind === 'trace' ? defaultPictureLimits : limits)
    if (isFault(picture)) return picture
    const versions = 'seed' in task ? versionsOf(picture, task.seed) : [picture]
    return {
      pixels: versions.map((version) => preprocess(version, preprocessing)),
      ...(grid && kind !== 'versions' && { patches: patchesOf(picture, grid, fnv1a(bytes)) }),
      ...(kind === 'trace' && { decoded: hash(picture.rgb) }),
    }
  })

/** Preparing begins at once, so that pictures of the next tasks are decoded, in libuv's threads, while others are made small here. */
function begin(task: PreparingTask): () => Promise<Done<PreparedPictures>> {
  const preparing = (task.kind === 'pictures' ? task.pictures : [task.picture]).map((bytes) => prepare(bytes, task))
  return async () => {
    const prepared = await Promise.all(preparing)
    const faults = prepared.map((picture) => ('reason' in picture ? picture : undefined))
    const good = prepared.flatMap((picture) => ('reason' in picture ? [] : [picture]))
    const pixels = shared(good.flatMap((picture) => picture.pixels))
    const patches = grid && task.kind !== 'versions' ? shared(good.flatMap(({ patches }) => patches ?? [])) : undefined
    const decoded = good[0]?.decoded
    const hashes = decoded !== undefined && { decoded, preprocessed: hash(pixels, ...(patches === undefined ? [] : [patches])) }
    return { result: { pixels, faults, ...(patches && { patches }), ...(hashes && { hashes }) }, transfer: [] }
  }
}

function versionsOf(picture: Raster, seed: number): Raster[] {
  const clean = degradable(picture)
  return [clean, ...degraded(clean, seed)]
}

/** One after the other in memory that threads share. */
function shared(parts: readonly Uint8Array[]): Pixels {
  const all = new Uint8Array(new SharedArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0)))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

serve<PreparingTask, PreparedPictures>(async () => ({ onFault: 'end', begin, end: async () => undefined }))
