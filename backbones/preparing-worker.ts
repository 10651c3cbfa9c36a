import { createHash } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { decodePicture } from '../pictures/decode.js'
import { degradable, degraded } from '../pictures/degrade.js'
import type { PictureFault, PictureLimits } from '../pictures/fault.js'
import { type PreprocessSpec, preprocess } from '../pictures/preprocess.js'
import type { Raster } from '../pictures/raster.js'
import { type Done, serve } from './crew-member.js'

/** What the worker is started with. */
export interface PreparingSetup {
  readonly preprocessing: PreprocessSpec
  readonly limits: PictureLimits
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
  /** For each picture of the task. */
  readonly faults: readonly (PictureFault | undefined)[]
  /** Of a trace: SHA-256 of the decoded pixels and of `pixels`, hexadecimal. */
  readonly hashes?: { readonly decoded: string; readonly preprocessed: string }
}

const { preprocessing, limits } = workerData as PreparingSetup
const isFault = (picture: Raster | PictureFault): picture is PictureFault => 'reason' in picture
const hash = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** Pictures that are decoded side by side: a decoded one may take hundreds of times the memory of its file. */
const SIDE_BY_SIDE = 4
let free = SIDE_BY_SIDE
const waiting: (() => void)[] = []

/** Does the work once fewer pictures than those are in hand. */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (free > 0) free--
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
}

/** Of one picture: what the network takes, one after the other, and the hash of the decoded pixels where it is asked for. */
interface PreparedPicture {
  readonly pixels: readonly Uint8Array[]
  readonly decoded?: string
}

/** What is decoded is made small at once, and let go. */
const prepare = (bytes: Uint8Array, task: PreparingTask): Promise<PreparedPicture | PictureFault> =>
  inTurn(async () => {
    const picture = await decodePicture(bytes, limits)
    if (isFault(picture)) return picture
    const versions = task.kind === 'versions' ? versionsOf(picture, task.seed) : [picture]
    const pixels = versions.map((version) => preprocess(version, preprocessing))
    return task.kind === 'trace' ? { pixels, decoded: hash(picture.rgb) } : { pixels }
  })

/** Preparing begins at once, so that pictures of the next tasks are decoded, in libuv's threads, while others are made small here. */
function begin(task: PreparingTask): () => Promise<Done<PreparedPictures>> {
  const preparing = (task.kind === 'pictures' ? task.pictures : [task.picture]).map((bytes) => prepare(bytes, task))
  return async () => {
    const prepared = await Promise.all(preparing)
    const good = prepared.flatMap((picture) => ('reason' in picture ? [] : [picture]))
    const pixels = shared(good.flatMap((picture) => picture.pixels))
    const decoded = good[0]?.decoded
    return {
      result: {
        pixels,
        faults: prepared.map((picture) => ('reason' in picture ? picture : undefined)),
        ...(decoded !== undefined && { hashes: { decoded, preprocessed: hash(pixels) } }),
      },
      transfer: [],
    }
  }
}

function versionsOf(picture: Raster, seed: number): Raster[] {
  const clean = degradable(picture)
  return [clean, ...degraded(clean, seed)]
}

/** In memory that threads share. */
function shared(pictures: readonly Uint8Array[]): Pixels {
  const [height, width] = preprocessing.size
  const each = height * width * 3
  const pixels = new Uint8Array(new SharedArrayBuffer(pictures.length * each))
  for (const [i, picture] of pictures.entries()) pixels.set(picture, i * each)
  return pixels
}

serve<PreparingTask, PreparedPictures>(async () => ({ begin, end: async () => undefined }))
