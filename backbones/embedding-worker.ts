import { workerData } from 'node:worker_threads'
import { patchBytes } from '../pictures/patches.js'
import type { PreprocessSpec } from '../pictures/preprocess.js'
import { BankSession } from './bank-session.js'
import type { PictureMap } from './embedder.js'
import { FEATURES, MAP, PIXELS } from './model/assemble.js'
import type { Quantisation } from './model/quantisation.js'
import { workerSession } from './model/session-options.js'
import type { PatchBank } from './patch-bank.js'
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
  /** The distance of a picture's map from one of them comes last. */
  readonly banks?: readonly PatchBank[] | undefined
}

export interface EmbeddingTask {
  readonly pixels: Pixels
  /** Of each picture, where there is a network that judges them. */
  readonly patches?: Pixels | undefined
  /** Of each picture the bank that it is compared with; left out where it is not. */
  readonly banks?: readonly number[] | undefined
  /** Whether the tap that the backbone gives as it is is wanted too, of a single picture. */
  readonly map?: boolean | undefined
}

/** n x d, of the n pictures of a task; wider by one where it has patches, and by one where they are compared with banks. */
export type Features = Float32Array<ArrayBuffer>

export interface Embedded {
  readonly features: Features
  readonly map?: Omit<PictureMap, 'picture'>
}

const { model, d, preprocessing, quantisation, batch, provider, threads, turns, patches, banks } = workerData as EmbeddingSetup
const [height, width] = preprocessing.size
const each = height * width * 3
/** ONNX Runtime takes no memory that threads share. */
const input = new Uint8Array(batch * each)

type TapMap = NonNullable<Embedded['map']>

/** At most `batch` pictures in one run, so that what the device holds does not grow with the task. `onMap`: where the map of each is wanted. */
async function run(
  session: InferenceSession,
  pixels: Uint8Array,
  onMap?: (map: TapMap, picture: number) => Promise<void>,
): Promise<Features> {
  const n = pixels.length / each
  const features = new Float32Array(n * d)
  for (let from = 0; from < n; from += batch) {
    const some = Math.min(batch, n - from)
    input.set(pixels.subarray(from * each, (from + some) * each))
    const feeds = { [PIXELS]: new Tensor('uint8', input.subarray(0, some * each), [some, height, width, 3]) }
    const outputs = await inTurn(turns, () => session.run(feeds, onMap ? [FEATURES, MAP] : [FEATURES]))
    const { data } = outputs[FEATURES]
    if (!(data instanceof Float32Array) || data.length !== some * d)
      throw new Error(`the backbone gives ${data.length} numbers for ${some} pictures, expected ${some * d} of float32`)
    features.set(data, from * d)
    if (onMap) for (const [i, map] of mapsIn(outputs[MAP]).entries()) await onMap(map, from + i)
  }
  return features
}

/** One tap of each picture of a run. */
function mapsIn({ data, type, dims: [n, channels, down, across] }: Tensor): TapMap[] {
  if (!(data instanceof Float32Array)) throw new Error(`the map of the backbone is ${type}, expected float32`)
  const size = data.length / n
  return Array.from({ length: n }, (_, i) => ({
    channels,
    height: down,
    width: across,
    values: data.subarray(i * size, (i + 1) * size),
  }))
}

/** One more number of each picture, as the last of its features. */
function widened(features: Features, numbers: ArrayLike<number>): Features {
  const n = numbers.length
  const width = features.length / n
  const wider = new Float32Array(features.length + n)
  for (let i = 0; i < n; i++) {
    wider.set(features.subarray(i * width, (i + 1) * width), i * (width + 1))
    wider[i * (width + 1) + width] = numbers[i]
  }
  return wider
}

serve<EmbeddingTask, Embedded>(async () => {
  const session = await inTurn(turns, () =>
    InferenceSession.create(model, { ...workerSession(quantisation, provider, threads), graphOptimizationLevel: 'all' }),
  )
  // What a device cannot run may show in its first run only; and the first picture of the stream need not wait for what that compiles.
  await run(session, new Uint8Array(each))
  const network = patches && (await PatchSession.open(patches, provider, threads, turns))
  if (patches) await network?.run(new Uint8Array(patchBytes(patches.grid)))
  const compared: BankSession[] = []
  // One after the other: a thread that waits for its turn can do nothing else.
  for (const bank of banks ?? []) compared.push(await BankSession.open(bank, provider, threads, turns))
  return {
    onFault: 'end',
    begin: (task) => async () => {
      const distances = task.banks?.map(() => 0)
      let first: TapMap | undefined
      const onMap = async (map: TapMap, picture: number) => {
        if (task.map) first ??= { ...map, values: map.values.slice() }
        if (distances && task.banks) distances[picture] = await compared[task.banks[picture]].distance(map)
      }
      let features = await run(session, task.pixels, distances || task.map ? onMap : undefined)
      if (network && task.patches) features = widened(features, await network.run(task.patches))
      if (distances) features = widened(features, distances)
      return { result: { features, ...(first && { map: first }) }, transfer: [features.buffer] }
    },
    end: async () => {
      await network?.release()
      for (const one of compared) await one.release()
      await inTurn(turns, () => session.release())
    },
  }
})
