import type { GraphBuilder } from './onnx-graph.js'

/**
 * Appends the nodes that find the k nearest bank rows of each row, nearest first; returns the names of their indices and distances [n,k].
 * They are found by |b|^2 - 2 x b, then measured again, for differences of large products are rough.
 */
export const neighboursGraph = (
  builder: GraphBuilder,
  rows: string,
  bank: Float64Array,
  m: number,
  k: number,
): { readonly indices: string; readonly distances: string } => {
  const int = (value: number) => builder.constant([1], BigInt64Array.of(BigInt(value)))
  const d = bank.length / m
  const points = Float32Array.from(bank)
  const halfNorms = Float32Array.from({ length: m }, (_, i) => points.subarray(i * d, (i + 1) * d).reduce((sum, x) => sum - x * x, 0) / 2)
  const stored = builder.constant([m, d], points)
  const closeness = builder.node('Gemm', [rows, stored, builder.constant([m], halfNorms)], { transB: 1 })
  const indices = builder.node('TopK', [closeness, int(k)], { axis: 1, largest: 1, sorted: 1 }, undefined, 1)
  const found = builder.node('Gather', [stored, indices], { axis: 0 })
  const differences = builder.node('Sub', [builder.node('Unsqueeze', [rows, int(1)]), found])
  const squares = builder.node('ReduceSumSquare', [differences], { axes: [2], keepdims: 0 })
  return { indices, distances: builder.node('Sqrt', [squares]) }
}

/**
 * The mean over the last axis of [n,k]. As a product, for ONNX Runtime's sums over a short axis depend in their last bit on how many rows there
 * are, and the same record must score the same in any batch.
 */
export const meanOver = (builder: GraphBuilder, values: string, k: number): string =>
  builder.node('MatMul', [values, builder.constant([k], new Float32Array(k).fill(1 / k))])
