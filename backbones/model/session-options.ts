import type { InferenceSession } from 'onnxruntime-node'
import type { Quantisation } from './quantisation.js'

/**
 * How a prepared backbone must be run on the CPU for each picture to have the same features whatever pictures share its run. Weights that are
 * whole numbers become floats once, at load (`disable_quant_qdq`); else ONNX Runtime multiplies by kernels whose sums depend on how threads
 * share the pictures: from 3 threads on, last bits of int8 MobileNetV2 and EfficientNet-Lite0 changed with the batch. Threads that have nothing to do sleep.
 */
export const backboneSession = (quantisation: Quantisation, threads: number) =>
  ({
    intraOpNumThreads: threads,
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        ...((quantisation === 'weights' || quantisation === 'qdq') && { disable_quant_qdq: '1' }),
      },
    },
  }) satisfies InferenceSession.SessionOptions

/** The same in a worker, on one execution provider. */
export const workerSession = (quantisation: Quantisation, provider: string, threads: number) =>
  ({
    ...backboneSession(quantisation, threads),
    executionProviders: [provider],
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  }) satisfies InferenceSession.SessionOptions
