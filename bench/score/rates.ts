import { InferenceSession, Tensor } from 'onnxruntime-node'
import { startScorer } from '../../backbones/onnx-scorer.js'
import type { ScoreRequest } from '../../backbones/scorer.js'
import type { ScoringGraph } from '../../detectors/scoring-graph.js'
import { alternate } from '../kit/alternate.js'
import { timed } from '../kit/stopwatch.js'

export interface RateOptions {
  readonly graph: ScoringGraph
  readonly d: number
  /** Of one batch: n x d. */
  readonly values: Float32Array
  readonly threads: number
  readonly rounds: number
  /** How long one measurement lasts. */
  readonly ms: number
}

/** Records per second that passed, and per second that the process's threads had a processor. */
export interface Rate {
  readonly perSecond: number
  readonly perCpuSecond: number
}

/** Batches that wait for the worker or are in it: as many as a monitor's credits allow by default. */
const IN_FLIGHT = 4
/** Records of one window sub-block. */
const HOP = 16

/**
 * ONNX Runtime in a tight loop on this thread, and of the scorer that a monitor uses: the same graph in a worker,
 * batches transferred there and back, the sums of the windows included.
 */
export async function scoringRates(options: RateOptions): Promise<Record<'raw' | 'worker', Rate[]>> {
  const { graph, d, threads, rounds } = options
  const session = await InferenceSession.create(graph.model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
  const scorer = await startScorer({ ...graph, d, providers: ['cpu'], threads })
  const n = options.values.length / d
  const raw = async () => {
    await session.run({ x: new Tensor('float32', options.values, [n, d]) })
  }
  const lanes = Array.from({ length: IN_FLIGHT }, () => {
    const segments = Int32Array.from({ length: n }, (_, row) => Math.floor(row / HOP))
    const scores = graph.scores.map(() => new Float32Array(n))
    let request: ScoreRequest = { values: options.values.slice(), n, segments, scores, sums: new Float64Array(Math.ceil(n / HOP) * d) }
    return async () => {
      request = { ...(await scorer.score(request)), n }
    }
  })
  const contenders = { raw: () => runFor(options.ms, [raw], n), worker: () => runFor(options.ms, lanes, n) }
  try {
    await alternate(1, contenders)
    return await alternate(rounds, contenders)
  } finally {
    await scorer.close()
    await session.release()
  }
}

/** Lanes that each run batch after batch of n rows for that long, side by side. */
async function runFor(ms: number, lanes: readonly (() => Promise<void>)[], n: number): Promise<Rate> {
  const start = performance.now()
  let batches = 0
  const keepRunning = async (lane: () => Promise<void>) => {
    for (; performance.now() - start < ms; batches++) await lane()
  }
  const { seconds, cpuSeconds } = await timed(() => Promise.all(lanes.map(keepRunning)))
  return { perSecond: (batches * n) / seconds, perCpuSecond: (batches * n) / cpuSeconds }
}
