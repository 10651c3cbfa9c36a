import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Embedder } from '../../../backbones/embedder.js'
import { FEATURES, PIXELS } from '../../../backbones/model/assemble.js'
import { featureNames, readPrepared } from '../../../backbones/model/description.js'
import { workerSession } from '../../../backbones/model/session-options.js'
import { startEmbedder } from '../../../backbones/onnx-embedder.js'
import { InferenceSession, Tensor } from '../../../backbones/runtime.js'
import type { ExecutionProvider } from '../../../backbones/scorer.js'
import { decodePicture } from '../../../pictures/decode.js'
import { encodeJpeg } from '../../../pictures/encode.js'
import { defaultPictureLimits } from '../../../pictures/fault.js'
import { preprocess } from '../../../pictures/preprocess.js'
import type { Raster } from '../../../pictures/raster.js'
import { scene } from '../../../pictures/scenes.js'

/** From dist/bench/images/speed, as from the package's root. */
const modelFile = (name: string): Promise<Buffer> => readFile(fileURLToPath(new URL(`../../../../models/${name}.onnx`, import.meta.url)))

export interface StageOptions {
  readonly provider: ExecutionProvider
  readonly batch: number
  readonly threads: number
  readonly workers: number
}

/** Each does its part of the way for all pictures. */
export interface Stages {
  decode(): Promise<void>
  preprocess(): Promise<void>
  /** ONNX Runtime alone, on this thread: the model whose taps come back as they are, from ready numbers. */
  raw(): Promise<void>
  /** What `prepare` made of it: from bytes to features. */
  prepared(): Promise<void>
  /** The embedder of a monitor: from JPEG to features, `REPEATED` times all pictures, for the first run waits for the first pictures. */
  embed(): Promise<void>
  close(): Promise<void>
  /** Numbers that come back from the device for one picture. */
  readonly returned: { readonly taps: number; readonly features: number }
}

/** How often `embed` takes the pictures. */
export const REPEATED = 4

/** `count` JPEGs of belt scenes, 256 x 256. */
export const jpegs = (count: number): Promise<Buffer[]> => Promise.all(Array.from({ length: count }, (_, i) => encodeJpeg(scene(1, i), 90)))

/** The shipped backbone and what stands before it. */
export async function openStages(pictures: readonly Buffer[], { provider, batch, threads, workers }: StageOptions): Promise<Stages> {
  const model = new Uint8Array(await modelFile('efficientnet-lite0.prepared'))
  const description = readPrepared(model)
  const { preprocessing, quantisation } = description
  const [height, width] = preprocessing.size
  const d = featureNames(description).length
  const options = workerSession(quantisation, provider, threads)
  const taps = await InferenceSession.create(await modelFile('efficientnet-lite0'), options)
  const prepared = await InferenceSession.create(model, options)
  const embedder: Embedder = await startEmbedder({
    ...{ model, d, preprocessing, quantisation, batch, threads, workers },
    limits: defaultPictureLimits,
    providers: [provider],
  })
  const rasters = (await Promise.all(pictures.map((bytes) => decodePicture(bytes, defaultPictureLimits)))) as Raster[]
  const each = height * width * 3
  const bytes = new Uint8Array(batch * each)
  for (let i = 0; i < batch; i++) bytes.set(preprocess(rasters[i % rasters.length], preprocessing), i * each)
  const floats = Float32Array.from(bytes, (level) => level / 127.5 - 1)
  const inBatches = async (work: (from: number) => Promise<unknown>) => {
    for (let from = 0; from < pictures.length; from += batch) await work(from)
  }
  const all = taps.outputMetadata.map(({ name }) => name)
  const runTaps = () => taps.run({ [taps.inputNames[0]]: new Tensor('float32', floats, [batch, 3, height, width]) }, all)
  const first = await runTaps()
  return {
    returned: { taps: all.reduce((sum, name) => sum + first[name].data.length / batch, 0), features: d },
    decode: () =>
      inBatches((from) => Promise.all(pictures.slice(from, from + batch).map((one) => decodePicture(one, defaultPictureLimits)))),
    preprocess: async () => rasters.forEach((raster) => void preprocess(raster, preprocessing)),
    raw: () => inBatches(runTaps),
    prepared: () => inBatches(() => prepared.run({ [PIXELS]: new Tensor('uint8', bytes, [batch, height, width, 3]) }, [FEATURES])),
    embed: async () => {
      const once = Array.from({ length: Math.ceil(pictures.length / batch) }, (_, i) => i * batch)
      const starts = Array.from({ length: REPEATED }, () => once).flat()
      const lane = async () => {
        for (let from = starts.shift(); from !== undefined; from = starts.shift()) await embedder.embed(pictures.slice(from, from + batch))
      }
      await Promise.all(Array.from({ length: embedder.lanes }, lane))
    },
    close: async () => {
      await embedder.close()
      await Promise.all([taps.release(), prepared.release()])
    },
  }
}
