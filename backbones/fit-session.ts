import type { InferenceSession } from 'onnxruntime-node'

/**
 * Sessions of a fit run on all cores. Threads that have nothing to do sleep: where others need the cores too, spinning ones
 * cost more than they gain.
 */
export const fitSession = {
  executionProviders: ['cpu'],
  extra: { session: { intra_op: { allow_spinning: '0' } } },
} as const satisfies InferenceSession.SessionOptions
