import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { ScoringGraph } from '../detectors/scoring-graph.js'
import { fitSession } from './fit-session.js'

/** What a scoring graph makes of n rows. */
export interface GraphOutput {
  /** n x d: the whitened rows. */
  readonly z: Float32Array
  /** Per record detector, in the order of the graph's outputs: n scores. */
  readonly scores: readonly Float32Array[]
}

/** A scoring graph on the calling thread. */
export interface GraphRunner {
  run(values: Float32Array | Float64Array, n: number): Promise<GraphOutput>
  /** Frees the session. */
  close(): Promise<void>
}

export type OpenGraph = (graph: ScoringGraph, d: number) => Promise<GraphRunner>

/**
 * Runs a scoring graph on the CPU. It holds the calling thread while it runs: for `fit`, never beside a live stream,
 * where `startScorer` runs the same graph in a worker.
 */
export const openGraph: OpenGraph = async (graph, d) => {
  const session = await InferenceSession.create(graph.model, { ...fitSession, enableCpuMemArena: false })
  return {
    run: async (values, n) => {
      const rows = values.subarray(0, n * d)
      const x = rows instanceof Float32Array ? new Tensor('float32', rows, [n, d]) : new Tensor('float64', rows, [n, d])
      const outputs = await session.run({ x })
      const read = (name: string): Float32Array => {
        const data = outputs[name]?.data
        if (!(data instanceof Float32Array)) throw new Error(`scoring graph: output '${name}' is no float32 tensor`)
        return data
      }
      return { z: read('z'), scores: graph.scores.map(read) }
    },
    close: () => session.release(),
  }
}
