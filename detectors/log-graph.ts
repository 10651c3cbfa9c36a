import type { GraphBuilder } from './onnx-graph.js'

/**
 * The natural logarithms of [n,k], as a reduction of single numbers: ONNX Runtime's Log rounds otherwise at the end of an array, and the same
 * record must score the same in any batch.
 */
export const logGraph = (builder: GraphBuilder, values: string): string => {
  const single = builder.node('Unsqueeze', [values, builder.constant([1], BigInt64Array.of(2n))])
  return builder.node('ReduceLogSum', [single], { axes: [2], keepdims: 0 })
}
