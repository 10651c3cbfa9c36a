import { parentPort, workerData } from 'node:worker_threads'
import { type GraphRunner, runInto } from './graph-runner.js'
import { InferenceSession } from './runtime.js'
import { buffersOf, type ScoreRequest, type ScoreResult } from './scorer.js'

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
const onGrid = (value: number): number => value + GRID - GRID

/**
 * Fills in the sums of the whitened rows per segment. Rows are rounded to a grid first, so that sums are exact and do not depend
 * on where a batch happened to end: the same records give the same window, bit for bit. Being exact, they may be taken
 * in any order: eight rows at a time take less than half the time of one at a time.
 */
function sumSegments(z: Float32Array, { n, segments, sums }: ScoreRequest, d: number): void {
  sums.fill(0)
  for (let row = 0; row < n; ) {
    const segment = segments[row]
    let end = row + 1
    while (end < n && segments[end] === segment) end++
    for (; row + 8 <= end; row += 8) addEight(sums, segment * d, z, row * d, d)
    for (; row < end; row++) addOne(sums, segment * d, z, row * d, d)
  }
}

function addEight(sums: Float64Array, to: number, z: Float32Array, from: number, d: number): void {
  for (let j = 0, at = from; j < d; j++, at++) {
    sums[to + j] +=
      onGrid(z[at]) +
      onGrid(z[at + d]) +
      onGrid(z[at + 2 * d]) +
      onGrid(z[at + 3 * d]) +
      onGrid(z[at + 4 * d]) +
      onGrid(z[at + 5 * d]) +
      onGrid(z[at + 6 * d]) +
      onGrid(z[at + 7 * d])
  }
}

function addOne(sums: Float64Array, to: number, z: Float32Array, from: number, d: number): void {
  for (let j = 0; j < d; j++) sums[to + j] += onGrid(z[from + j])
}

async function score(run: GraphRunner['run'], request: ScoreRequest): Promise<ScoreResult> {
  const { values, n, segments, scores, sums } = request
  const { z } = await run(values, n, scores)
  sumSegments(z, request, setup.d)
  return { values, segments, scores, sums }
}

async function main(): Promise<void> {
  const session = await InferenceSession.create(setup.model, {
    executionProviders: [setup.provider],
    intraOpNumThreads: setup.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  })
  const run = runInto(session, setup, setup.d)
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
    if (request === 'end') process.exit()
    answer(() => score(run, request))
  })
  // A request whose buffers were given away before arrives as this.
  port.on('messageerror', (error) => answer(() => Promise.reject(error)))
  post({ kind: 'ready' })
}

main().catch((error) => post({ kind: 'failed', message: text(error) }))
