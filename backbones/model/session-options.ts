import type { InferenceSession } from 'onnxruntime-node'
import type { Quantisation } from './quantisation.js'

/**
 * How a prepared backbone must be run for each picture to have the same features whatever pictures share its run. Weights
 * that are whole numbers become floats once, at load; else ONNX Runtime does so in every run, and then multiplies by kernels whose sums depend on
 * how many threads share a picture. Threads that have nothing to do sleep.
 */
export const backboneSession = (quantisation: Quantisation, threads: number) =>
  ({
    intraOpNumThreads: threads,
    extra: { session: { intra_op: { allow_spinning: '0' }, ...(quantisation === 'weights' && { disable_quant_qdq: '1' }) } },
  }) satisfies InferenceSession.SessionOptions
