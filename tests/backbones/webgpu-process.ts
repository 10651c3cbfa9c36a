import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Embedder } from '../../backbones/embedder.js'
import { featureNames } from '../../backbones/model/description.js'
import { parseModel } from '../../backbones/model/model-file.js'
import { prepare } from '../../backbones/model/prepare.js'
import { statistics } from '../../backbones/model/statistics.js'
import { startEmbedder } from '../../backbones/onnx-embedder.js'
import { startScorer } from '../../backbones/onnx-scorer.js'
import type { ExecutionProvider } from '../../backbones/scorer.js'
import { gaussian } from '../../detectors/gaussian.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { place } from '../../detectors/window-sums.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import { goldenPictures } from '../../pictures/golden.js'
import { checkGoldenPictures, goldenPicturesOf } from '../../references/picture-backbone.js'
import { correlatedRows, fitRows } from '../detectors/samples.js'
import { bytesOf, convNet, LATE, type Net, node, tensor, whole } from './model/nets.js'

/*
 * What the CPU and WebGPU make of the same pictures and rows, in one process and all at once, as one line of JSON.
 */
export interface Found {
  /** Features of three pictures, by how the network's weights are stored. */
  readonly features: Readonly<Record<string, Pair>>
  /** Scores of rows and their sums, by the precision of the rows. */
  readonly scores: Readonly<Record<string, Pair>>
  /** What the golden pictures of the CPU found amiss on WebGPU. */
  readonly golden: readonly string[]
  /** The longest time that the main thread was not free, of the whole. */
  readonly longestPause: number
}
export interface Pair {
  readonly cpu: readonly number[]
  readonly webgpu: readonly number[]
}

interface Embedders {
  readonly cpu: Embedder
  readonly webgpu: Embedder
}

/** The convolution network with weights of int8. */
function wholeWeights(): Net {
  const { nodes, tensors, ...net } = convNet()
  const kernel = tensors.find(({ name }) => name === 'w2')!
  const stored = [
    tensor('q2', kernel.dims.map(Number), 'INT8', whole(kernel.rawData.length / 4, 100)),
    tensor('s2', [LATE], 'FLOAT', new Array(LATE).fill(1 / 64)),
    tensor('z2', [LATE], 'INT8', new Array(LATE).fill(0)),
  ]
  return {
    ...net,
    nodes: [node('DequantizeLinear', ['q2', 's2', 'z2'], 'w2', { axis: 0 }), ...nodes],
    tensors: [...tensors.filter((one) => one !== kernel), ...stored],
  }
}

/** One worker on the CPU, two on WebGPU. */
async function embeddersOf(net: Net): Promise<Embedders> {
  const { bytes, description } = await prepare(parseModel(bytesOf(net), 'net.onnx'), {
    taps: ['early', 'late'],
    size: [16, 24],
    statistics,
    preprocessing: { scale: 1 / 128, mean: [1, 1, 1], std: [1, 1, 1] },
  })
  const { preprocessing, quantisation } = description
  const setup = { model: bytes, d: featureNames(description).length, preprocessing, quantisation, batch: 8, limits: defaultPictureLimits }
  const start = (provider: ExecutionProvider, workers: number) => startEmbedder({ ...setup, providers: [provider], threads: 1, workers })
  const [cpu, webgpu] = await Promise.all([start('cpu', 1), start('webgpu', 2)])
  return { cpu, webgpu }
}

const pictures = await goldenPictures()

async function embedded({ cpu, webgpu }: Embedders): Promise<Pair> {
  const all = async (one: Embedder) => (await Promise.all(pictures.map((picture) => one.embed([picture])))).flatMap(({ rows }) => [...rows])
  const [expected, found] = await Promise.all([all(cpu), all(webgpu)])
  return { cpu: expected, webgpu: found }
}

async function checked({ cpu, webgpu }: Embedders): Promise<string> {
  const fitted = { name: 'net', version: '', golden: await goldenPicturesOf(pictures, (picture) => cpu.trace(picture)) }
  // Features here are about 1; 0.05 of 0.01 may be missing.
  const scale = new Float64Array(cpu.d).fill(0.01)
  return checkGoldenPictures(fitted, scale, (picture) => webgpu.trace(picture)).then(() => '', String)
}

async function both(net: Net): Promise<{ readonly features: Pair; readonly golden: string }> {
  const embedders = await embeddersOf(net)
  const found = { features: await embedded(embedders), golden: await checked(embedders) }
  await Promise.all([embedders.cpu.close(), embedders.webgpu.close()])
  return found
}

const d = 5
const ROWS = 40
const rows = correlatedRows(2, ROWS, d, 50, 3)
const whitening = await fitRows(correlatedRows(1, 400, d, 50, 3), 400, d)

async function scored(dtype: 'float32' | 'float64', provider: ExecutionProvider): Promise<number[]> {
  const graph = scoringGraph(whitening, [{ detector: gaussian, fitted: { scalars: {}, tensors: {} } }], place(d, []), dtype)
  const scorer = await startScorer({ ...graph, d, providers: [provider], threads: 1 })
  const values = dtype === 'float32' ? Float32Array.from(rows) : Float64Array.from(rows)
  const room = { segments: new Int32Array(ROWS), scores: [new Float32Array(ROWS)], sums: new Float64Array(d) }
  const { scores, sums } = await scorer.score({ values, n: ROWS, ...room })
  await scorer.close()
  return [...scores[0], ...sums]
}

async function scoresOf(dtype: 'float32' | 'float64'): Promise<Pair> {
  const [cpu, webgpu] = await Promise.all([scored(dtype, 'cpu'), scored(dtype, 'webgpu')])
  return { cpu, webgpu }
}

const delay = monitorEventLoopDelay()
delay.enable()
const start = performance.now()
const [float32, float64, net, int8] = await Promise.all([scoresOf('float32'), scoresOf('float64'), both(convNet()), both(wholeWeights())])
const found: Found = {
  features: { float32: net.features, int8: int8.features },
  scores: { float32, float64 },
  golden: [net.golden, int8.golden],
  longestPause: delay.max / 1e6 / (performance.now() - start),
}
process.stdout.write(JSON.stringify(found))
