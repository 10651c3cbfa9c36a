import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { decodePicture } from '../pictures/decode.js'
import { degradable, degraded } from '../pictures/degrade.js'
import type { PictureFault, PictureLimits } from '../pictures/fault.js'
import { type PreprocessSpec, preprocess } from '../pictures/preprocess.js'
import type { Raster } from '../pictures/raster.js'
import type { EmbeddedPictures, PictureShifts, PictureTrace } from './embedder.js'
import { FEATURES, PIXELS } from './model/assemble.js'
import type { Quantisation } from './model/quantisation.js'
import { backboneSession } from './model/session-options.js'
import { InferenceSession, Tensor } from './runtime.js'

/** What the worker is started with. */
export interface EmbeddingSetup {
  /** A prepared backbone. */
  readonly model: Uint8Array<ArrayBuffer>
  readonly d: number
  readonly quantisation: Quantisation
  readonly preprocessing: PreprocessSpec
  /** Most pictures of a run. */
  readonly batch: number
  readonly limits: PictureLimits
  readonly provider: string
  readonly threads: number
}

export type EmbeddingTask =
  | { readonly kind: 'embed'; readonly pictures: readonly Uint8Array[] }
  | { readonly kind: 'degrade'; readonly picture: Uint8Array; readonly columns: readonly number[]; readonly seed: number }
  | { readonly kind: 'trace'; readonly picture: Uint8Array }
/** `end`: no further task; the worker ends itself between two runs. */
export type EmbeddingRequest = EmbeddingTask | 'end'
export type EmbeddingResult = EmbeddedPictures | PictureShifts | PictureTrace | undefined
export type EmbeddingMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: EmbeddingResult }
  /** At the start, or at the task that is next. */
  | { readonly kind: 'failed'; readonly message: string }

const setup = workerData as EmbeddingSetup
const port = parentPort!
const post = (message: EmbeddingMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const isFault = (picture: Raster | PictureFault): picture is PictureFault => 'reason' in picture

/** A task in two steps: the first may begin while another task's second one runs. */
type Work = (session: InferenceSession) => Promise<{ readonly result: EmbeddingResult; readonly transfer: readonly ArrayBuffer[] }>

function workFor(task: EmbeddingTask): Work {
  if (task.kind === 'embed') return embed(task.pictures)
  return task.kind === 'degrade' ? degrade(task.picture, task.columns, task.seed) : trace(task.picture)
}

function embed(pictures: readonly Uint8Array[]): Work {
  const decoding = pictures.map((bytes) => decodePicture(bytes, setup.limits))
  return async (session) => {
    const decoded = await Promise.all(decoding)
    const faults = decoded.map((picture) => (isFault(picture) ? picture : undefined))
    const good = decoded.flatMap((picture, i) => (isFault(picture) ? [] : [{ picture, i }]))
    const features = await run(
      session,
      good.map(({ picture }) => preprocess(picture, setup.preprocessing)),
    )
    const rows = good.length === pictures.length ? features : new Float32Array(pictures.length * setup.d)
    if (rows !== features)
      for (const [at, { i }] of good.entries()) rows.set(features.subarray(at * setup.d, (at + 1) * setup.d), i * setup.d)
    return { result: { rows, faults }, transfer: [rows.buffer] }
  }
}

function degrade(bytes: Uint8Array, columns: readonly number[], seed: number): Work {
  return async (session) => {
    const picture = await decodePicture(bytes, setup.limits)
    if (isFault(picture)) return { result: undefined, transfer: [] }
    const clean = degradable(picture)
    const versions = [clean, ...degraded(clean, seed)].map((version) => preprocess(version, setup.preprocessing))
    const features = await run(session, versions)
    const shifts = new Float32Array((versions.length - 1) * columns.length)
    for (let v = 1, at = 0; v < versions.length; v++)
      for (const column of columns) shifts[at++] = features[v * setup.d + column] - features[column]
    return { result: { shifts }, transfer: [shifts.buffer] }
  }
}

function trace(bytes: Uint8Array): Work {
  return async (session) => {
    const picture = await decodePicture(bytes, setup.limits)
    if (isFault(picture)) throw new Error(picture.detail)
    const pixels = preprocess(picture, setup.preprocessing)
    const features = await run(session, [pixels])
    const hash = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
    return { result: { decoded: hash(picture.rgb), preprocessed: hash(pixels), features }, transfer: [features.buffer] }
  }
}

/** Features of pictures as the network takes them, at most `batch` in one run. */
async function run(session: InferenceSession, pixels: readonly Uint8Array[]): Promise<Float32Array<ArrayBuffer>> {
  const { d, batch, preprocessing } = setup
  const [height, width] = preprocessing.size
  const features = new Float32Array(pixels.length * d)
  for (let from = 0; from < pixels.length; from += batch) {
    const some = pixels.slice(from, from + batch)
    const input = new Uint8Array(some.length * height * width * 3)
    for (const [i, one] of some.entries()) input.set(one, i * one.length)
    const output = await session.run({ [PIXELS]: new Tensor('uint8', input, [some.length, height, width, 3]) }, [FEATURES])
    const { data } = output[FEATURES]
    if (!(data instanceof Float32Array) || data.length !== some.length * d)
      throw new Error(`the backbone gives ${data.length} numbers for ${some.length} pictures, expected ${some.length * d} of float32`)
    features.set(data, from * d)
  }
  return features
}

async function main(): Promise<void> {
  const session = await InferenceSession.create(setup.model, {
    ...backboneSession(setup.quantisation, setup.threads),
    executionProviders: [setup.provider],
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  })
  let queue = Promise.resolve()
  port.on('message', (request: EmbeddingRequest) => {
    if (request === 'end') {
      queue = queue.then(() => process.exit())
      return
    }
    const work = workFor(request)
    queue = queue
      .then(() => work(session))
      .then(({ result, transfer }) => post({ kind: 'done', result }, [...transfer]))
      .catch((error) => post({ kind: 'failed', message: text(error) }))
  })
  post({ kind: 'ready' })
}

// Nobody listens then, and so the thread ends.
main().catch((error) => post({ kind: 'failed', message: text(error) }))
