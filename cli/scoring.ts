import { startScorer } from '../backbones/onnx-scorer.js'
import type { ExecutionProvider, Scorer } from '../backbones/scorer.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { Codec, Values } from '../connectors/codec.js'
import { fittedDetectors, graphOf } from '../pipelines/fitted.js'
import { checkGolden, GoldenMismatch } from '../references/golden.js'
import type { Reference } from '../references/reference.js'
import { rowsBefore } from '../references/rows.js'
import { CommandError } from './exit.js'

/**
 * Starts the worker on the first execution provider that works, and checks that it reproduces the reference's golden scores.
 * @throws CommandError 'unreachable' when no provider works, 'reference' when the scores differ
 */
export async function startMonitorScorer(
  { name, pictures, execution: { providers, required, threads, timeout } }: MonitorConfig,
  reference: Reference,
  dtype: Codec['dtype'],
  onUnavailable: (provider: ExecutionProvider, message: string) => void,
): Promise<Scorer> {
  const { record } = fittedDetectors(reference)
  const graph = graphOf(reference, dtype)
  const scorer = await startScorer({
    ...graph,
    d: reference.features.length,
    providers: required ? providers.slice(0, 1) : providers,
    // Of pictures the threads are the backbone's.
    threads: pictures === undefined ? threads : 1,
    timeout,
    onUnavailable,
  }).catch((error) => {
    throw new CommandError('unreachable', `monitor ${name}: ${error.message}`, { cause: error })
  })
  try {
    await checkGolden(reference, async (inputs, n) => {
      const values: Values = dtype === 'float32' ? Float32Array.from(inputs) : Float64Array.from(inputs)
      const room = record.map(() => new Float32Array(n))
      const sums = new Float64Array(graph.width)
      const previous = graph.previous ? rowsBefore(values, values.length / n) : undefined
      const { scores } = await scorer.score({ values, n, previous, segments: new Int32Array(n), scores: room, sums })
      return new Map(record.map(({ detector }, j) => [detector.name, scores[j]]))
    })
    return scorer
  } catch (error) {
    await scorer.close()
    if (!(error instanceof GoldenMismatch)) throw error
    throw new CommandError('reference', `monitor ${name}: ${error.message}`, { cause: error })
  }
}
