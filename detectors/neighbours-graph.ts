import type { GraphBuilder } from './onnx-graph.js'

/**
 * Appends the nodes that find the k nearest bank rows of each row, nearest first; returns the names of their indices and distances [n,k].
 * They are found by |b|^2 - 2 x b, then measured again, for differences of large products are rough. Squared distances are those times the
 * `weights` of the bank's rows, if given.
 */
export const neighboursGraph = (
  builder: GraphBuilder,
  rows: string,
  bank: Float64Array,
  m: number,
  k: number,
  weights?: Float64Array,
): { readonly indices: string; readonly distances: string } => {
  const int = (value: number) => builder.constant([1], BigInt64Array.of(BigInt(value)))
  const d = bank.length / m
  const points = Float32Array.from(bank)
  const halfNorms = Float32Array.from({ length: m }, (_, i) => points.subarray(i * d, (i + 1) * d).reduce((sum, x) => sum - x * x, 0) / 2)
  const stored = builder.constant([m, d], points)
  const closeness = builder.node('Gemm', [rows, stored, builder.constant([m], halfNorms)], { transB: 1 })
  const weight = weights && builder.constant([m], Float32Array.from(weights))
  const ranked =
    weight === undefined ? closeness : builder.node('Mul', [builder.node('Sub', [closeness, halfSquares(builder, rows)]), weight])
  const indices = builder.node('TopK', [ranked, int(k)], { axis: 1, largest: 1, sorted: 1 }, undefined, 1)
  const found = builder.node('Gather', [stored, indices], { axis: 0 })
  const differences = builder.node('Sub', [builder.node('Unsqueeze', [rows, int(1)]), found])
  const squares = builder.node('ReduceSumSquare', [differences], { axes: [2], keepdims: 0 })
  const weighed = weight === undefined ? squares : builder.node('Mul', [squares, builder.node('Gather', [weight, indices], { axis: 0 })])
  return { indices, distances: builder.node('Sqrt', [weighed]) }
}

/** |x|^2 / 2 of each row [n,1]. */
const halfSquares = (builder: GraphBuilder, rows: string): string =>
  builder.node('Mul', [builder.node('ReduceSumSquare', [rows], { axes: [1], keepdims: 1 }), builder.constant([], Float32Array.of(0.5))])

/**
 * The mean over the last axis of [n,k]. As a product, for ONNX Runtime's sums over a short axis depend in their last bit on how many rows there
 * are, and the same record must score the same in any batch.
 */
export const meanOver = (builder: GraphBuilder, values: string, k: number): string =>
  builder.node('MatMul', [values, builder.constant([k], new Float32Array(k).fill(1 / k))])
