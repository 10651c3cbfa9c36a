import type { GraphInputs } from './detector.js'
import { type Level, type Near3, PLAIN, RANGED, WHITENED } from './near3-model.js'
import type { GraphBuilder } from './onnx-graph.js'

/** Appends the nodes of near3's score of each row; returns the name of their float [n] output. */
export const near3Graph = (model: Near3, builder: GraphBuilder, { standardised, whitened }: GraphInputs): string => {
  const graph = new Near3Graph(model, builder)
  const ranged = builder.node('Mul', [standardised, builder.constant([model.perRange.length], Float32Array.from(model.perRange))])
  const byRange = graph.neighbours(ranged, model.ranged, RANGED)
  const byWhitening = graph.neighbours(whitened, model.whitened, WHITENED)
  const own = builder.node('Gather', [builder.constant([model.m], Float32Array.from(model.own)), byRange.indices], { axis: 0 })
  const nearest = builder.node('Slice', [byRange.distances, ...[0, PLAIN, 1].map((value) => graph.int(value))])
  const plain = graph.mean(nearest)
  const local = builder.node('Div', [graph.mean(byRange.distances), builder.node('Sqrt', [graph.mean(own)])])
  const { levels } = model
  const ratios = [
    graph.ratio(plain, levels.plain),
    graph.ratio(local, levels.local),
    graph.ratio(graph.mean(byWhitening.distances), levels.whitened),
  ]
  const product = builder.node('Mul', [builder.node('Mul', [ratios[0], ratios[1]]), ratios[2]])
  return builder.node('Pow', [product, builder.constant([], Float32Array.of(2 / 3))])
}

class Near3Graph {
  constructor(
    private readonly model: Near3,
    private readonly builder: GraphBuilder,
  ) {}

  readonly int = (value: number): string => this.builder.constant([1], BigInt64Array.of(BigInt(value)))

  /** The k nearest bank rows of each row, [n,k]: found by |b|^2 - 2 x b, then measured again, for differences of large products are rough. */
  neighbours(rows: string, bank: Float64Array, k: number): { indices: string; distances: string } {
    const { builder, model } = this
    const { m } = model
    const d = bank.length / m
    const points = Float32Array.from(bank)
    const halfNorms = Float32Array.from({ length: m }, (_, i) => points.subarray(i * d, (i + 1) * d).reduce((sum, x) => sum - x * x, 0) / 2)
    const stored = builder.constant([m, d], points)
    const closeness = builder.node('Gemm', [rows, stored, builder.constant([m], halfNorms)], { transB: 1 })
    const indices = builder.node('TopK', [closeness, this.int(k)], { axis: 1, largest: 1, sorted: 1 }, undefined, 1)
    const found = builder.node('Gather', [stored, indices], { axis: 0 })
    const differences = builder.node('Sub', [builder.node('Unsqueeze', [rows, this.int(1)]), found])
    const squares = builder.node('ReduceSumSquare', [differences], { axes: [2], keepdims: 0 })
    return { indices, distances: builder.node('Sqrt', [squares]) }
  }

  /** Over the last axis of [n,k]. */
  mean(values: string): string {
    return this.builder.node('ReduceMean', [values], { axes: [1], keepdims: 0 })
  }

  ratio(distance: string, { softening, level }: Level): string {
    const { builder } = this
    const softened = builder.node('Add', [distance, builder.constant([], Float32Array.of(softening))])
    return builder.node('Div', [softened, builder.constant([], Float32Array.of(level))])
  }
}
