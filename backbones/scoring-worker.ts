import { parentPort, workerData } from 'node:worker_threads'
import type { ScoringGraph } from '../detectors/scoring-graph.js'
import { type GraphRunner, runInto } from './graph-runner.js'
import { InferenceSession } from './runtime.js'
import { buffersOf, type ScoreRequest, type ScoreResult } from './scorer.js'
import { SegmentSums } from './segment-sums.js'
import { inTurn, type Turns } from './turns.js'

/** What the worker is started with. */
export interface WorkerSetup extends ScoringGraph {
  readonly d: number
  readonly provider: string
  readonly threads: number
  readonly turns: Turns
}

/** `end`: no further batch. The worker ends itself, since terminating it in the middle of one makes ONNX Runtime abort the process. */
export type WorkerRequest = ScoreRequest | 'end'

export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'scored'; readonly result: ScoreResult }
  | { readonly kind: 'fault'; readonly message: string }

const setup = workerData as WorkerSetup
const port = parentPort!
const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function score(run: GraphRunner['run'], segmentSums: SegmentSums, request: ScoreRequest): Promise<ScoreResult> {
  const { n, ...arrays } = request
  const { statistics } = await inTurn(setup.turns, () => run(arrays.values, n, arrays.scores, arrays))
  segmentSums.fill(statistics, request)
  return arrays
}

async function main(): Promise<void> {
  const session = await inTurn(setup.turns, () =>
    InferenceSession.create(setup.model, {
      executionProviders: [setup.provider],
      intraOpNumThreads: setup.threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    }),
  )
  const segmentSums = new SegmentSums(setup.width)
  const run = runInto(session, setup, setup.d, segmentSums.rows)
  let queue = Promise.resolve()
  /** One answer to each request, in their order. */
  const answer = (work: () => Promise<ScoreResult>) => {
    queue = queue
      .then(work)
      .then((result) => {
        post({ kind: 'scored', result }, buffersOf(result))
      })
      .catch((error) => post({ kind: 'fault', message: text(error) }))
  }
  port.on('message', (request: WorkerRequest) => {
    if (request === 'end') {
      queue = queue.then(() => inTurn(setup.turns, () => session.release())).then(() => process.exit())
      return
    }
    answer(() => score(run, segmentSums, request))
  })
  // A request whose buffers were given away before arrives as this.
  port.on('messageerror', (error) => answer(() => Promise.reject(error)))
  post({ kind: 'ready' })
}

main().catch((error) => post({ kind: 'failed', message: text(error) }))
