import { workerData } from 'node:worker_threads'
import type { ScoringGraph } from '../detectors/scoring-graph.js'
import { runInto } from './graph-runner.js'
import { InferenceSession } from './runtime.js'
import { buffersOf, type ScoreRequest, type ScoreResult } from './scorer.js'
import { SegmentSums } from './segment-sums.js'
import { serve } from './serve.js'
import { inTurn, type Turns } from './turns.js'

/** What the worker is started with. */
export interface WorkerSetup extends ScoringGraph {
  readonly d: number
  readonly provider: string
  readonly threads: number
  readonly turns: Turns
}

const setup = workerData as WorkerSetup

serve<ScoreRequest, ScoreResult>(async () => {
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
  return {
    onFault: 'go on',
    begin: (request) => async () => {
      const { n, ...arrays } = request
      const { statistics } = await inTurn(setup.turns, () => run(arrays.values, n, arrays.scores, arrays))
      segmentSums.fill(statistics, request)
      return { result: arrays, transfer: buffersOf(arrays) }
    },
    end: () => inTurn(setup.turns, () => session.release()),
  }
})
