import { Worker } from 'node:worker_threads'
import type { ScoringGraph } from '../detectors/scoring-graph.js'
import { firstProvider } from './providers.js'
import { buffersOf, type ExecutionProvider, type ScoreRequest, type ScoreResult, type Scorer } from './scorer.js'
import type { WorkerMessage, WorkerRequest, WorkerSetup } from './scoring-worker.js'
import { turnsAt } from './turns.js'

export interface ScorerOptions extends ScoringGraph {
  readonly d: number
  /** Tried in this order; ONNX Runtime itself does not fall back. */
  readonly providers: readonly ExecutionProvider[]
  readonly threads: number
  /** Told of each provider that could not be used, and why. */
  readonly onUnavailable?: (provider: ExecutionProvider, message: string) => void
}

/**
 * Starts the scoring graph in a worker thread on the first execution provider that works.
 * Throws when none does, naming each with its fault.
 */
export async function startScorer(options: ScorerOptions): Promise<Scorer> {
  return (await firstProvider(options.providers, (provider) => start(options, provider), options.onUnavailable)).made
}

async function start(options: ScorerOptions, provider: ExecutionProvider): Promise<Scorer> {
  const { model, statistics, width, scores, previous, labels, d, threads } = options
  const setup: WorkerSetup = {
    model,
    statistics,
    width,
    scores,
    previous,
    d,
    provider,
    threads,
    turns: turnsAt(provider),
    ...(labels && { labels }),
  }
  const worker = new Worker(new URL('./scoring-worker.js', import.meta.url), { workerData: setup })
  const scorer = new WorkerScorer(worker, provider)
  const fault = await scorer.ready
  if (fault === undefined) return scorer
  await scorer.close()
  throw new Error(fault)
}

/** All scorers of this process whose worker runs. */
const running = new Set<WorkerScorer>()

/**
 * Ends the workers of all scorers between two batches: to be awaited before the process exits in the middle of its work, since a thread that
 * is killed while it scores makes ONNX Runtime abort the process.
 */
export const closeScorers = async (): Promise<void> => {
  await Promise.all([...running].map((scorer) => scorer.close()))
}

interface Waiting {
  resolve(result: ScoreResult): void
  reject(error: Error): void
}

/** Requests and answers keep their order, so a queue pairs them. */
class WorkerScorer implements Scorer {
  /** Resolves to what went wrong at the start, or to undefined. */
  readonly ready: Promise<string | undefined>
  readonly #waiting: Waiting[] = []
  #started: (fault?: string) => void = () => undefined
  readonly #exited: Promise<void>
  #dead: Error | undefined

  constructor(
    private readonly worker: Worker,
    readonly provider: string,
  ) {
    this.ready = new Promise((resolve) => {
      this.#started = resolve
    })
    worker.on('message', (message: WorkerMessage) => this.#answer(message))
    worker.on('error', (error) => this.#die(error))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        running.delete(this)
        resolve(this.#die(new Error(`the scoring worker exited with code ${code}`)))
      })
    })
    running.add(this)
  }

  score(request: ScoreRequest): Promise<ScoreResult> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => {
      // First what can throw: an entry that gets no answer would take that of the next request.
      this.#post(request, buffersOf(request))
      this.#waiting.push({ resolve, reject })
    })
  }

  async close(): Promise<void> {
    this.#dead ??= new Error('the scorer is closed')
    this.#post('end', [])
    await this.#exited
  }

  #post(request: WorkerRequest, transfer: ArrayBuffer[]): void {
    this.worker.postMessage(request, transfer)
  }

  #answer(message: WorkerMessage): void {
    if (message.kind === 'ready') this.#started()
    else if (message.kind === 'failed') this.#started(message.message)
    else if (message.kind === 'scored') this.#waiting.shift()?.resolve(message.result)
    else this.#waiting.shift()?.reject(new Error(`scoring failed on ${this.provider}: ${message.message}`))
  }

  #die(error: Error): void {
    this.#dead ??= error
    this.#started(error.message)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#dead)
  }
}
