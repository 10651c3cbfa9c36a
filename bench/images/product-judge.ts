import { openGraph } from '../../backbones/graph-runner.js'
import { openMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import { startEmbedder } from '../../backbones/onnx-embedder.js'
import { barFor } from '../../calibration/budget.js'
import type { AlarmKind } from '../../calibration/calibration.js'
import { conformalP } from '../../calibration/p-value.js'
import { alarmLogicOf } from '../../cli/alarm-logic.js'
import { CommandError } from '../../cli/exit.js'
import { type Backbone, backboneOf, degradedColumns, trainedQuality } from '../../cli/picture-backbone.js'
import { parseConfig } from '../../config/load.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { ArrayMemory } from '../../connectors/array-memory.js'
import type { TrainedTap } from '../../detectors/channels.js'
import { pictureScores } from '../../detectors/picture-scores.js'
import { detectorByName } from '../../detectors/registry.js'
import { place, scoreLengths } from '../../detectors/window-sums.js'
import { encodePng } from '../../pictures/encode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import type { Raster } from '../../pictures/raster.js'
import { rarest, type Scale, scalesOf } from '../../pipelines/calibrate.js'
import { MOST_PICTURES } from '../../pipelines/degraded.js'
import { detectorNames, fittedDetectors, graphOf } from '../../pipelines/fitted.js'
import { closeRows } from '../../references/beside.js'
import { collectRows } from '../../references/collect.js'
import { fitReference } from '../../references/fit.js'
import type { Reference } from '../../references/reference.js'
import type { RowChunk } from '../../references/rows.js'
import type { Features, Judge, Normal, Verdict, Verdicts } from './judge.js'

/** Pictures of one stream: they come in no order of time, and in so few no slow mean is looked for. */
const STREAM = 256
/** Lossless, and quick: the files are read once. */
const COMPRESSION = 1
/** Pictures that the embedder is given at a time. */
const PIECE = 8
/** A rate that lambda is told by; p does not depend on it. */
const ROWS_PER_DAY = 1000
const WINDOW = { size: 16, hop: 4 }

type Embedder = Awaited<ReturnType<typeof startEmbedder>>

/** What is asked of the product; its own defaults where nothing is. */
export interface Asked {
  /** A file that `driftwatch backbone prepare` wrote. */
  readonly backbone?: string | undefined
  /** Names, separated by commas. */
  readonly detectors?: string | undefined
}

/** Opens the judge that is the product itself, with its backbone in a worker. Throws an `Error` for settings that a monitor would refuse. */
export async function openJudge(asked: Asked): Promise<ProductJudge> {
  const config = monitorOf(asked)
  const backbone = await backboneOf(config)
  if (backbone === undefined) throw new Error('a monitor of pictures has a backbone')
  const { description, bytes, features } = backbone
  const embedder = await startEmbedder({
    model: bytes,
    d: features.length,
    preprocessing: description.preprocessing,
    quantisation: description.quantisation,
    batch: description.batch ?? PIECE,
    limits: defaultPictureLimits,
    providers: config.execution.providers,
    threads: config.execution.threads,
    workers: 1,
  })
  return new ProductJudge(config, backbone, embedder)
}

/** Pictures of an evaluation come in no order of time: each is a decision of its own, the shortest gap. */
function monitorOf({ backbone, detectors }: Asked): MonitorConfig {
  const monitor = {
    name: 'evaluation',
    source: { folder: { path: '.' } },
    decode: { image: {} },
    reference: { path: './reference', acceptRefused: true },
    window: { ...WINDOW, longer: [] },
    alerting: { falseAlarmsPerDay: 1, rowsPerDay: ROWS_PER_DAY, record: { gap: 1 } },
    sinks: [{ stdout: {} }],
    ...(backbone !== undefined && { pictures: { backbone } }),
    ...(detectors !== undefined && { detectors: detectors.split(',') }),
  }
  const beside = detectors?.split(',').find((name) => Object.hasOwn(pictureScores, name))
  if (beside !== undefined)
    throw new CommandError('usage', `--detectors ${beside}: looks at a number of its own, which evaluations do not make; name others`)
  const parsed = parseConfig(JSON.stringify({ monitors: [monitor] }), {})
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.config.monitors[0]
}

/**
 * The shipped way of a picture: decoding, pre-processing and backbone in a worker; the shipped fit of a reference; its scoring graph, its
 * detectors' scores and windows, and its calibration. What a reference's self-test refuses is used all the same, and counted.
 */
export class ProductJudge implements Judge<Reference> {
  readonly key: string
  #fits = 0
  #refused = 0
  readonly #columns: readonly number[]
  readonly #trained: readonly TrainedTap[] | undefined
  #open: { readonly reference: Reference; readonly runner: ReturnType<typeof openGraph> } | undefined

  constructor(
    private readonly config: MonitorConfig,
    private readonly backbone: Backbone,
    private readonly embedder: Embedder,
  ) {
    this.key = backbone.version.slice(0, 16)
    this.#columns = degradedColumns(config, backbone)
    const usesTrained = config.detectors.some((detector) => detectorByName(detector).usesTrained)
    this.#trained = usesTrained ? trainedQuality(config, backbone) : undefined
  }

  async embed(pictures: readonly Raster[]): Promise<Features> {
    const { d } = this.embedder
    const values = new Float32Array(pictures.length * d)
    for (let from = 0; from < pictures.length; from += PIECE) {
      const files = await Promise.all(pictures.slice(from, from + PIECE).map(fileOf))
      const { rows, faults } = await this.embedder.embed(files)
      const fault = faults.find((one) => one !== undefined)
      if (fault !== undefined) throw new Error(`a picture of the evaluation was refused: ${fault.detail}`)
      values.set(rows, from * d)
    }
    return { rows: pictures.length, d, values }
  }

  async fit({ pictures, features, groups }: Normal): Promise<Reference> {
    const { rows: n, d, values } = features
    const one = {
      n,
      d,
      values,
      streams: Array.from({ length: Math.ceil(n / STREAM) }, (_, i) => `pictures ${i}`),
      streamOf: Uint8Array.from({ length: n }, (_, i) => Math.floor(i / STREAM)),
      times: new Float64Array(n).fill(Number.NaN),
      rejected: 0,
      ...(groups && { groups: groups.map((group) => group + 1) }),
    }
    const rows = await collectRows(chunks(one), d)
    const products = await openMatMul()
    try {
      const { name, version } = this.backbone
      const options = {
        features: this.backbone.features,
        detectors: this.config.detectors,
        shrinkage: this.config.shrinkage,
        logic: alarmLogicOf(this.config),
        rowsPerDay: ROWS_PER_DAY,
        backbone: { name, version, golden: [], ...(this.#trained && { trained: this.#trained }) },
        degraded: await this.#degraded(pictures),
        source: 'an evaluation',
      }
      const reference = await fitReference(rows, options, { matmul: products.multiply, openGraph, openMoments })
      if (reference.detrend !== 0) throw new Error('a slow mean was found in pictures of no order')
      this.#fits++
      if (!reference.selfTest.passed) this.#refused++
      return reference
    } finally {
      await products.close()
      closeRows(rows)
    }
  }

  async judge(reference: Reference, features: Features): Promise<Verdicts> {
    const { scores } = await this.#run(reference, features)
    return verdicts(reference, 'record', scores, features.rows)
  }

  async judgeWindows(reference: Reference, features: Features, windows: readonly (readonly number[])[]): Promise<Verdicts> {
    const placement = place(features.d, fittedDetectors(reference).drift)
    const { width, detectors } = placement
    const { statistics } = await this.#run(reference, features)
    const scores = detectors.map(() => new Float64Array(windows.length))
    for (const [w, rows] of windows.entries()) {
      const sums = new Float64Array(width)
      for (const row of rows) for (let j = 0, at = row * width; j < width; j++) sums[j] += statistics[at + j]
      for (const [i, detector] of detectors.entries())
        scores[i][w] = scoreLengths(placement, detector, { lengths: [rows.length], sums }).score
    }
    return verdicts(reference, 'drift', scores, windows.length)
  }

  remark(): string {
    return `the self-test refused ${this.#refused} of ${this.#fits} references; they were used all the same`
  }

  async close(): Promise<void> {
    await (await this.#open?.runner)?.close()
    await this.embedder.close()
  }

  /** What degradations change, of pictures evenly drawn from all. */
  async #degraded(pictures: readonly Raster[]) {
    const columns = this.#columns
    const count = Math.min(MOST_PICTURES, pictures.length)
    const found: Float32Array[] = []
    for (let i = 0; i < count; i++) {
      const at = Math.floor((i * pictures.length) / count)
      const one = await this.embedder.degrade(await fileOf(pictures[at]), columns, at)
      if (one === undefined) throw new Error('a picture of the evaluation was refused')
      found.push(one.shifts)
    }
    return { columns, shifts: Float64Array.from(found.flatMap((one) => [...one])) }
  }

  /** By the graph of the reference; that of the one before is given up. */
  async #run(reference: Reference, { rows, d, values }: Features) {
    if (this.#open?.reference !== reference) {
      await (await this.#open?.runner)?.close()
      this.#open = { reference, runner: openGraph(graphOf(reference, 'float32'), d) }
    }
    return (await this.#open.runner).run(values, rows)
  }
}

async function* chunks(chunk: RowChunk): AsyncIterable<RowChunk> {
  yield chunk
}

/**
 * Scores as calibrated, `all` the decades of the rarest detector. p of a picture is the product's p-value; few windows of a reference leave it
 * too coarse, so that of a window it is the number of alerts that lambda expects in as many records as a window has. That of the rarest
 * of several detectors counts as many times.
 */
function verdicts(reference: Reference, kind: AlarmKind, scores: readonly ArrayLike<number>[], n: number): Verdicts {
  const { calibration, selfTest } = reference
  const { spanDays, rows, quantiles, evaluations } = calibration
  const scales = scalesOf(detectorNames(reference), calibration, barFor(calibration, 1, selfTest.passed), {})[kind]
  const chanceOf = ({ detector, decades }: Scale) => {
    if (kind === 'record') return conformalP(quantiles[detector], evaluations[detector])
    return (score: number) => Math.min(1, (spanDays * 10 ** -decades(score) * WINDOW.size) / rows)
  }
  const own = scales.map((scale, j) => {
    const values = Float64Array.from(scores[j])
    return { detector: scale.detector, scores: values, p: values.map(chanceOf(scale)) }
  })
  const all = {
    scores: rarest(scales, n, scores, new ArrayMemory()).a,
    p: Float64Array.from({ length: n }, (_, i) => Math.min(1, own.length * Math.min(...own.map(({ p }) => p[i])))),
  }
  return { all, ...Object.fromEntries(own.map(({ detector, ...verdict }): [string, Verdict] => [detector, verdict])) }
}

const fileOf = (picture: Raster): Promise<Buffer> => encodePng(picture, COMPRESSION)
