import { workerData } from 'node:worker_threads'
import { patchBytes } from '../pictures/patches.js'
import type { PreprocessSpec } from '../pictures/preprocess.js'
import type { PictureMap } from './embedder.js'
import { FEATURES, MAP, PIXELS } from './model/assemble.js'
import type { Quantisation } from './model/quantisation.js'
import { backboneSession } from './model/session-options.js'
import { type PatchNetwork, PatchSession } from './patch-network.js'
import type { Pixels } from './preparing-worker.js'
import { InferenceSession, Tensor } from './runtime.js'
import { serve } from './serve.js'
import { inTurn, type Turns } from './turns.js'

/** What the worker is started with. */
export interface EmbeddingSetup {
  /** A prepared backbone. */
  readonly model: Uint8Array<ArrayBuffer>
  readonly d: number
  readonly preprocessing: PreprocessSpec
  readonly quantisation: Quantisation
  /** Most pictures of a run. */
  readonly batch: number
  readonly provider: string
  readonly threads: number
  readonly turns: Turns
  /** Its score of a picture comes after the features of the backbone. */
  readonly patches?: PatchNetwork | undefined
}

export interface EmbeddingTask {
  readonly pixels: Pixels
  /** Of each picture, where there is a network that judges them. */
  readonly patches?: Pixels | undefined
  /** Whether the tap that the backbone gives as it is is wanted too, of a single picture. */
  readonly map?: boolean
}

/** n x d, of the n pictures of a task; n x (d + 1) where it has patches. */
export type Features = Float32Array<ArrayBuffer>

export interface Embedded {
  readonly features: Features
  readonly map?: Omit<PictureMap, 'picture'>
}

const { model, d, preprocessing, quantisation, batch, provider, threads, turns, patches } = workerData as EmbeddingSetup
const [height, width] = preprocessing.size
const each = height * width * 3
/** ONNX Runtime takes no memory that threads share. */
const input = new Uint8Array(batch * each)

/** At most `batch` pictures in one run, so that what the device holds does not grow with the task. */
async function run(session: InferenceSession, pixels: Uint8Array): Promise<Features> {
  const n = pixels.length / each
  const features = new Float32Array(n * d)
  for (let from = 0; from < n; from += batch) {
    const some = Math.min(batch, n - from)
    input.set(pixels.subarray(from * each, (from + some) * each))
    const feeds = { [PIXELS]: new Tensor('uint8', input.subarray(0, some * each), [some, height, width, 3]) }
    const { [FEATURES]: output } = await inTurn(turns, () => session.run(feeds, [FEATURES]))
    const { data } = output
    if (!(data instanceof Float32Array) || data.length !== some * d)
      throw new Error(`the backbone gives ${data.length} numbers for ${some} pictures, expected ${some * d} of float32`)
    features.set(data, from * d)
  }
  return features
}

/** The score of each picture's patches as one more feature of it, the last. */
async function withScores(features: Features, network: PatchSession, patches: Uint8Array): Promise<Features> {
  const scores = await network.run(patches)
  const wider = new Float32Array(features.length + scores.length)
  for (const [i, score] of scores.entries()) {
    wider.set(features.subarray(i * d, (i + 1) * d), i * (d + 1))
    wider[i * (d + 1) + d] = score
  }
  return wider
}

/** One tap of one picture. */
async function mapOf(session: InferenceSession, pixels: Uint8Array): Promise<Omit<PictureMap, 'picture'>> {
  input.set(pixels)
  const feeds = { [PIXELS]: new Tensor('uint8', input.subarray(0, each), [1, height, width, 3]) }
  const { [MAP]: output } = await inTurn(turns, () => session.run(feeds, [MAP]))
  if (!(output.data instanceof Float32Array)) throw new Error(`the map of the backbone is ${output.type}, expected float32`)
  const [, channels, down, across] = output.dims
  return { channels, height: down, width: across, values: Float32Array.from(output.data) }
}

serve<EmbeddingTask, Embedded>(async () => {
  const session = await inTurn(turns, () =>
    InferenceSession.create(model, {
      ...backboneSession(quantisation, threads),
      executionProviders: [provider],
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    }),
  )
  // What a device cannot run may show in its first run only; and the first picture of the stream need not wait for what that compiles.
  await run(session, new Uint8Array(each))
  const network = patches && (await PatchSession.open(patches, provider, threads, turns))
  if (patches) await network?.run(new Uint8Array(patchBytes(patches.grid)))
  return {
    onFault: 'end',
    begin: (task) => async () => {
      const own = await run(session, task.pixels)
      const features = network && task.patches ? await withScores(own, network, task.patches) : own
      const map = task.map ? await mapOf(session, task.pixels) : undefined
      return { result: { features, ...(map && { map }) }, transfer: [features.buffer] }
    },
    end: async () => {
      await network?.release()
      await inTurn(turns, () => session.release())
    },
  }
})
