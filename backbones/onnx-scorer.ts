import type { ScoringGraph } from '../detectors/scoring-graph.js'
import { firstProvider } from './providers.js'
import { buffersOf, type ExecutionProvider, type ScoreRequest, type ScoreResult, type Scorer } from './scorer.js'
import type { WorkerSetup } from './scoring-worker.js'
import { turnsAt } from './turns.js'
import { WorkerThread } from './worker-thread.js'

export interface ScorerOptions extends ScoringGraph {
  readonly d: number
  /** Tried in this order; ONNX Runtime itself does not fall back. */
  readonly providers: readonly ExecutionProvider[]
  readonly threads: number
  /** Longest time of a batch, in ms, after which the worker counts as hung; undefined: any. */
  readonly timeout?: number
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
  const { model, statistics, width, scores, previous, labels, d, threads, timeout } = options
  const turns = turnsAt(provider)
  const setup: WorkerSetup = {
    model,
    statistics,
    width,
    scores,
    previous,
    d,
    provider,
    threads,
    turns,
    ...(labels && { labels }),
  }
  const script = new URL('./scoring-worker.js', import.meta.url)
  const thread = await WorkerThread.start<ScoreRequest, ScoreResult>({ name: 'scoring worker', script, setup, turns, timeout })
  return {
    provider,
    score: (request) =>
      thread.do(request, buffersOf(request)).catch((error) => {
        throw new Error(`scoring failed on ${provider}: ${error.message}`, { cause: error })
      }),
    close: () => thread.close(),
  }
}
