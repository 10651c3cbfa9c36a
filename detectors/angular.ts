import type { Bank, RecordDetector } from './detector.js'
import { gaussian } from './gaussian.js'
import { dot } from './linalg.js'
import type { MatMul } from './matmul.js'
import type { GraphBuilder } from './onnx-graph.js'
import { standardiseDouble, whitenInGraph } from './scoring-graph.js'
import { shrinkageFor } from './shrinkage.js'
import { columnStats, type Standardisation, standardisationOf, standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { type Whitening, whiteningFromFitted, whiteningToFitted, whitenRows } from './whitening.js'

const DOUBLE = 11
/** The length of a record of zeros, so that it is divided by something. */
const LEAST_LENGTH = 1e-300

/**
 * Squared Mahalanobis distance of records scaled to length 1, to the bank's rows scaled likewise (Mueller and Hein 2025, "Mahalanobis++"):
 * of embeddings, whose direction says what a record is and whose length varies for other reasons. The length is that of the raw values;
 * features that never varied enter it with their mean. Shares and deviations are those of the scaled record.
 */
export const angular: RecordDetector = {
  name: 'angular',
  title: 'Embeddings whose direction is unusual, whatever their length.',
  kind: 'record',
  usesBank: true,
  fit: async ({ whitening, bank }, matmul) => toFitted(whitening, await whitenDirections(bank, whitening, matmul)),
  graph: (fitted, builder, { standardised }) => {
    const directions = whiteningFromFitted(fitted)
    const scaled = standardiseDouble(builder, scaleInGraph(fitted, builder, standardised), directions)
    return builder.node('ReduceSumSquare', [whitenInGraph(builder, scaled, directions.root)], { axes: [1], keepdims: 0 })
  },
  score: (fitted, whitening, row) =>
    gaussian.score(fitted, whiteningFromFitted(fitted), toUnitLength(standardise(row, 1, whitening), whitening)),
  explain: (fitted, whitening, row) =>
    gaussian.explain(fitted, whiteningFromFitted(fitted), toUnitLength(standardise(row, 1, whitening), whitening)),
}

const whitenDirections = async ({ m, rows }: Bank, { d, active, ...units }: Whitening, matmul: MatMul): Promise<Whitening> => {
  const varying = active.filter(Boolean).length
  if (varying < 2) throw new Unfit(`angular needs at least 2 features that vary in the reference, got ${varying}; use gaussian`)
  const scaled = toUnitLength(rows, units)
  const standardisation = standardisationOf(columnStats(scaled, m, d))
  return whitenRows(standardise(scaled, m, standardisation), standardisation, { shrinkage: shrinkageFor(m, varying) }, matmul)
}

/** Standardised rows in raw units again, each divided by its length. */
export const toUnitLength = (rows: Float64Array, { mean, scale }: Standardisation): Float64Array => {
  const d = mean.length
  const scaled = rows.map((value, at) => mean[at % d] + scale[at % d] * value)
  for (let at = 0; at < scaled.length; at += d) {
    const row = scaled.subarray(at, at + d)
    const length = Math.max(LEAST_LENGTH, Math.sqrt(dot(row, row)))
    for (let j = 0; j < d; j++) row[j] /= length
  }
  return scaled
}

/** In float64: where lengths are large beside the features' spread, float32 would lose the spread. */
export const scaleInGraph = ({ tensors }: Fitted, builder: GraphBuilder, standardised: string): string => {
  const d = tensors.offset?.data.length ?? 0
  const constant = (name: string) => builder.constant([d], tensorData(tensors, name, d))
  const values = builder.node('Mul', [builder.node('Cast', [standardised], { to: DOUBLE }), constant('unit')])
  const raw = builder.node('Add', [values, constant('offset')])
  const length = builder.node('Sqrt', [builder.node('ReduceSumSquare', [raw], { axes: [1], keepdims: 1 })])
  return builder.node('Div', [raw, builder.node('Max', [length, builder.constant([], Float64Array.of(LEAST_LENGTH))])])
}

const toFitted = ({ d, mean, scale }: Standardisation & { readonly d: number }, directions: Whitening): Fitted => {
  const { scalars, tensors } = whiteningToFitted(directions)
  return { scalars, tensors: { ...tensors, offset: { shape: [d], data: mean }, unit: { shape: [d], data: scale } } }
}
