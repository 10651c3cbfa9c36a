import type { RecordDetector, ReferenceSummary } from './detector.js'
import { partsOf, toUnitLength, toUnitLengthInGraph } from './directions-of-parts.js'
import { gaussian } from './gaussian.js'
import type { MatMul } from './matmul.js'
import { standardiseDouble, whitenInGraph } from './scoring-graph.js'
import { shrinkageFor } from './shrinkage.js'
import { columnStats, type Standardisation, standardisationOf, standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { type Whitening, whiteningFromFitted, whiteningToFitted, whitenRows } from './whitening.js'

/**
 * Squared Mahalanobis distance of records scaled to length 1, to the bank's rows scaled likewise (Mueller and Hein 2025, "Mahalanobis++"):
 * of embeddings, whose direction says what a record is and whose length varies for other reasons. The length is that of the raw values;
 * features that never varied enter it with their mean. Of a backbone's features the log standard deviations of each tap, less their mean,
 * are scaled to length 1 apart: the length of a logarithm says nothing. Shares and deviations are those of the scaled record.
 */
export const angular: RecordDetector = {
  name: 'angular',
  title: 'Embeddings whose direction is unusual, whatever their length.',
  kind: 'record',
  usesBank: true,
  fit: async (reference, matmul) => {
    const parts = partsOf(reference.whitening.d, reference.taps)
    return toFitted(reference.whitening, parts, await whitenDirections(reference, parts, matmul))
  },
  graph: (fitted, builder, { standardised }) => {
    const directions = whiteningFromFitted(fitted)
    const scaled = standardiseDouble(builder, toUnitLengthInGraph(builder, standardised, ...scalingOf(fitted)), directions)
    return builder.node('ReduceSumSquare', [whitenInGraph(builder, scaled, directions.root)], { axes: [1], keepdims: 0 })
  },
  score: (fitted, whitening, row) =>
    gaussian.score(fitted, whiteningFromFitted(fitted), toUnitLength(standardise(row, 1, whitening), ...scalingOf(fitted))),
  explain: (fitted, whitening, row) =>
    gaussian.explain(fitted, whiteningFromFitted(fitted), toUnitLength(standardise(row, 1, whitening), ...scalingOf(fitted))),
}

const whitenDirections = async (
  { bank: { m, rows }, whitening: { d, active, ...units } }: ReferenceSummary,
  parts: Float64Array,
  matmul: MatMul,
): Promise<Whitening> => {
  const scaled = toUnitLength(rows, units, parts)
  const standardisation = standardisationOf(columnStats(scaled, m, d))
  const varying = active.filter((varies, j) => varies && standardisation.scale[j] > 0).length
  if (varying < 2) throw new Unfit(`angular needs at least 2 features that vary in the reference, got ${varying}; use gaussian`)
  return whitenRows(standardise(scaled, m, standardisation), standardisation, { shrinkage: shrinkageFor(m, varying) }, matmul)
}

const toFitted = ({ d, mean, scale }: Standardisation & { readonly d: number }, parts: Float64Array, directions: Whitening): Fitted => {
  const { scalars, tensors } = whiteningToFitted(directions)
  const column = (data: Float64Array) => ({ shape: [d], data })
  return { scalars, tensors: { ...tensors, offset: column(mean), unit: column(scale), part: column(parts) } }
}

/** From standardised rows to those of length 1: their raw units, and the part of each column. */
export const scalingOf = ({ tensors }: Fitted): [Standardisation, Float64Array] => {
  const of = (name: string) => tensorData(tensors, name, tensors.offset?.data.length ?? 0)
  return [{ mean: of('offset'), scale: of('unit') }, of('part')]
}
