import type { Moments } from '../detectors/moments.js'
import { type MomentsOutput, momentsFromOutput, momentsGraph } from '../detectors/moments-graph.js'
import type { Standardisation } from '../detectors/standardisation.js'
import { fitSession } from './fit-session.js'
import { InferenceSession, Tensor } from './runtime.js'

/** Sums up rows on all cores by ONNX Runtime, in float64. */
export interface MomentsRunner {
  /**
   * Moments of n standardised rows (row-major n x d, raw). A few thousand rows at a time keep the copies small; merge the results.
   * It holds the calling thread while it runs.
   */
  momentsOf(rows: Float32Array | Float64Array, n: number): Promise<Moments>
  /** Frees the session. */
  close(): Promise<void>
}

export type OpenMoments = (standardisation: Standardisation, dtype: 'float32' | 'float64') => Promise<MomentsRunner>

/** For `fit`, never beside a live stream. */
export const openMoments: OpenMoments = async (standardisation, dtype) => {
  const d = standardisation.mean.length
  const session = await InferenceSession.create(momentsGraph(standardisation, dtype), fitSession)
  return {
    momentsOf: async (rows, n) => {
      const x = rows instanceof Float32Array ? new Tensor('float32', rows, [n, d]) : new Tensor('float64', rows, [n, d])
      const outputs = Object.entries(await session.run({ x }))
      const output: MomentsOutput = Object.fromEntries(outputs.map(([name, { data }]) => [name, doubles(name, data)]))
      return momentsFromOutput(output, n, d)
    },
    close: () => session.release(),
  }
}

const doubles = (name: string, data: Tensor['data']): Float64Array => {
  if (data instanceof Float64Array) return data
  throw new Error(`moments graph: output '${name}' is no float64 tensor`)
}
