import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from './runtime.js'
import type { ScoreRequest, ScoreResult } from './scorer.js'

/** What the worker is started with. */
export interface WorkerSetup {
  readonly model: Uint8Array
  /** Names of the graph's score outputs; `z` holds the whitened rows. */
  readonly scores: readonly string[]
  readonly d: number
  readonly provider: string
  readonly threads: number
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

/** Adding and subtracting it rounds a double to a multiple of 2^-20. */
const GRID = 1.5 * 2 ** 32

/**
 * Sums of the whitened rows per segment. Rows are rounded to a grid first, so that sums are exact and do not depend
 * on where a batch happened to end: the same records give the same window, bit for bit.
 */
function segmentSums(z: Float32Array, request: ScoreRequest, d: number): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(request.segmentCount * d)
  for (let row = 0; row < request.n; row++) {
    const to = request.segments[row] * d
    const from = row * d
    for (let j = 0; j < d; j++) sums[to + j] += z[from + j] + GRID - GRID
  }
  return sums
}

async function score(session: InferenceSession, request: ScoreRequest): Promise<ScoreResult> {
  const { values, n, segments } = request
  const { d } = setup
  const rows = values.subarray(0, n * d)
  const input = rows instanceof Float32Array ? new Tensor('float32', rows, [n, d]) : new Tensor('float64', rows, [n, d])
  const out = await session.run({ x: input })
  const scores = setup.scores.map((name) => new Float32Array(out[name].data as Float32Array))
  return { values, segments, scores, sums: segmentSums(out.z.data as Float32Array, request, d) }
}

async function main(): Promise<void> {
  const session = await InferenceSession.create(setup.model, {
    executionProviders: [setup.provider],
    intraOpNumThreads: setup.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  })
  let queue = Promise.resolve()
  /** One answer to each request, in their order. */
  const answer = (work: () => Promise<ScoreResult>) => {
    queue = queue
      .then(work)
      .then((result) => {
        const buffers = [result.values.buffer, result.segments.buffer, result.sums.buffer, ...result.scores.map((s) => s.buffer)]
        post({ kind: 'scored', result }, buffers)
      })
      .catch((error) => post({ kind: 'fault', message: text(error) }))
  }
  port.on('message', (request: WorkerRequest) => {
    if (request === 'end') process.exit()
    answer(() => score(session, request))
  })
  // A request whose buffers were given away before arrives as this.
  port.on('messageerror', (error) => answer(() => Promise.reject(error)))
  post({ kind: 'ready' })
}

main().catch((error) => post({ kind: 'failed', message: text(error) }))
