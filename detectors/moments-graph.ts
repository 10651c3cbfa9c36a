import type { Moments } from './moments.js'
import { GraphBuilder } from './onnx-graph.js'
import { packedLength } from './packed.js'
import { CLIP, type Standardisation } from './standardisation.js'

/** The outputs of a moments graph by name. */
export type MomentsOutput = Readonly<Record<string, Float64Array>>

const DOUBLE = 11
const STRIPE = 128

/**
 * The model that sums up rows: input `x` [n,d], n >= 1, outputs the moments of the standardised rows in float64.
 * The scatter comes in stripes of its lower triangle: row i needs only the columns up to its diagonal.
 */
export const momentsGraph = (standardisation: Standardisation, dtype: 'float32' | 'float64'): Uint8Array<ArrayBuffer> => {
  const d = standardisation.mean.length
  const builder = new GraphBuilder()
  const int = (value: number) => builder.constant([1], BigInt64Array.of(BigInt(value)))
  const x = builder.input('x', dtype, ['n', d])
  const rows = standardise(builder, dtype === 'float64' ? x : builder.node('Cast', [x], { to: DOUBLE }), standardisation)
  // Shifted by the first row, so that a column that is constant in these rows has no scatter at all.
  const first = builder.node('Slice', [rows, int(0), int(1), int(0)])
  const shifted = builder.node('Sub', [rows, first])
  const mean = builder.node('ReduceMean', [shifted], { axes: [0], keepdims: 1 })
  const centred = builder.node('Sub', [shifted, mean])
  const norms = builder.node('ReduceSumSquare', [centred], { axes: [1], keepdims: 1 })
  builder.output(builder.node('Add', [first, mean], {}, 'mean'), 'float64', [1, d])
  builder.output(builder.node('Gemm', [norms, centred], { transA: 1 }, 'cubic'), 'float64', [1, d])
  builder.output(builder.node('ReduceSumSquare', [norms], { axes: [0, 1], keepdims: 0 }, 'quartic'), 'float64', [])
  const transposed = builder.node('Transpose', [centred], { perm: [1, 0] })
  for (const { start, end } of stripes(d)) {
    const left = builder.node('Slice', [transposed, int(start), int(end), int(0)])
    const right = end === d ? centred : builder.node('Slice', [centred, int(0), int(end), int(1)])
    builder.output(builder.node('MatMul', [left, right], {}, stripeName(start)), 'float64', [end - start, end])
  }
  return builder.build()
}

/** The same steps as `standardise`; a constant column is 0. */
const standardise = (builder: GraphBuilder, x: string, { mean, scale }: Standardisation): string => {
  const inverse = scale.map((value) => (value > 0 ? 1 / value : 0))
  const centred = builder.node('Sub', [x, builder.constant([mean.length], mean)])
  const scaled = builder.node('Mul', [centred, builder.constant([mean.length], inverse)])
  return builder.node('Clip', [scaled, ...[-CLIP, CLIP].map((limit) => builder.constant([], Float64Array.of(limit)))])
}

/** The moments that a run over n rows has given. */
export const momentsFromOutput = (output: MomentsOutput, n: number, d: number): Moments => {
  const scatter = new Float64Array(packedLength(d))
  for (const { start, end } of stripes(d)) {
    const stripe = output[stripeName(start)]
    for (let i = start; i < end; i++) {
      const row = (i - start) * end
      scatter.set(stripe.subarray(row, row + i + 1), packedLength(i))
    }
  }
  return { n, d, mean: output.mean, scatter, cubic: output.cubic, quartic: output.quartic[0] }
}

const stripes = (d: number): { start: number; end: number }[] =>
  Array.from({ length: Math.ceil(d / STRIPE) }, (_, i) => ({ start: i * STRIPE, end: Math.min(d, (i + 1) * STRIPE) }))

const stripeName = (start: number): string => `scatter_${start}`
