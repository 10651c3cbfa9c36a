import type { GraphInputs } from './detector.js'
import { LEAST_DISTANCE, type Level, type Near3, PLAIN, RANGED, WHITENED } from './near3-model.js'
import { meanOver, neighboursGraph } from './neighbours-graph.js'
import type { GraphBuilder } from './onnx-graph.js'

/** Appends the nodes of near3's score of each row; returns the name of their float [n] output. */
export const near3Graph = (model: Near3, builder: GraphBuilder, { standardised, whitened }: GraphInputs): string => {
  const { m, perRange, levels } = model
  const ranged = builder.node('Mul', [standardised, builder.constant([perRange.length], Float32Array.from(perRange))])
  const byRange = neighboursGraph(builder, ranged, model.ranged, m, RANGED)
  const byWhitening = neighboursGraph(builder, whitened, model.whitened, m, WHITENED)
  const own = builder.node('Gather', [builder.constant([m], Float32Array.from(model.own)), byRange.indices], { axis: 0 })
  const bounds = [0, PLAIN, 1].map((value) => builder.constant([1], BigInt64Array.of(BigInt(value))))
  const atLeast = (distance: string) => builder.node('Max', [distance, builder.constant([], Float32Array.of(LEAST_DISTANCE))])
  const plain = atLeast(meanOver(builder, builder.node('Slice', [byRange.distances, ...bounds]), PLAIN))
  const local = builder.node('Div', [
    atLeast(meanOver(builder, byRange.distances, RANGED)),
    builder.node('Sqrt', [meanOver(builder, own, RANGED)]),
  ])
  const ratios = [
    ratio(builder, plain, levels.plain),
    ratio(builder, local, levels.local),
    ratio(builder, atLeast(meanOver(builder, byWhitening.distances, WHITENED)), levels.whitened),
  ]
  // The power first: the product of three ratios of a far record may be too large for float32.
  const powers = ratios.map((one) => builder.node('Pow', [one, builder.constant([], Float32Array.of(2 / 3))]))
  return builder.node('Mul', [builder.node('Mul', [powers[0], powers[1]]), powers[2]])
}

const ratio = (builder: GraphBuilder, distance: string, { softening, level }: Level): string => {
  const softened = builder.node('Add', [distance, builder.constant([], Float32Array.of(softening))])
  return builder.node('Div', [softened, builder.constant([], Float32Array.of(level))])
}
