import { angular, scalingOf } from './angular.js'
import type { RecordDetector, ReferenceSummary } from './detector.js'
import { toUnitLength, toUnitLengthInGraph } from './directions-of-parts.js'
import type { MatMul } from './matmul.js'
import { npca } from './npca.js'
import { pca } from './pca.js'
import { sampleMoments } from './sample-moments.js'
import { standardiseDouble, whitenInGraph } from './scoring-graph.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { type Whitening, whiteningFromFitted } from './whitening.js'

/** angular of the means of all taps' channels alone, without their spreads: what a picture shows, less how it varies inside. */
export const angularMeans: RecordDetector = {
  name: 'angular-means',
  title: 'Pictures that show something else: angular of the channels’ means alone.',
  kind: 'record',
  usesBank: true,
  fit: async (reference, matmul) => {
    const means = new Set(reference.taps?.flatMap((tap) => tap.means))
    if (means.size === 0) throw new Unfit('angular-means needs pictures (decode: image) and a backbone with channel means; use angular')
    return angular.fit({ ...reference, whitening: of(reference.whitening, (column) => means.has(column)) }, matmul)
  },
  graph: angular.graph,
  score: (fitted, whitening, row) => angular.score(fitted, looked(fitted, whitening), row),
  explain: (fitted, whitening, row) => angular.explain(fitted, looked(fitted, whitening), row),
}

/** The whitening as if the other columns were always 0. */
const of = (whitening: Whitening, chosen: (column: number) => boolean): Whitening => {
  const only = (values: Float64Array) => values.map((value, column) => (chosen(column) ? value : 0))
  const active = whitening.active.map((varies, column) => varies && chosen(column))
  return { ...whitening, mean: only(whitening.mean), scale: only(whitening.scale), active }
}

/** By the columns that entered the length of the reference's records. */
const looked = ({ tensors }: Fitted, whitening: Whitening): Whitening => ({
  ...whitening,
  mean: tensorData(tensors, 'offset', whitening.d),
  scale: tensorData(tensors, 'unit', whitening.d),
})

/** A detector of records that looks at their directions as angular does: at records scaled to length 1, by the moments of the bank's. */
const ofDirections = (inner: RecordDetector, title: string): RecordDetector => {
  const unitLength = (fitted: Fitted, whitening: Whitening, row: Float64Array) =>
    toUnitLength(standardise(row, 1, whitening), ...scalingOf(fitted))
  return {
    name: `angular-${inner.name}`,
    title,
    kind: 'record',
    usesBank: true,
    fit: async (reference, matmul) => {
      const fitted = await angular.fit(reference, matmul)
      const own = await inner.fit(directionsIn(reference, fitted, matmul), matmul)
      return { scalars: { ...fitted.scalars, ...own.scalars }, tensors: { ...fitted.tensors, ...own.tensors } }
    },
    graph: (fitted, builder, inputs) => {
      const directions = whiteningFromFitted(fitted)
      const standardised = standardiseDouble(builder, toUnitLengthInGraph(builder, inputs.standardised, ...scalingOf(fitted)), directions)
      const whitened = whitenInGraph(builder, standardised, directions.root)
      return inner.graph(fitted, builder, { ...inputs, standardised, whitened })
    },
    score: (fitted, whitening, row) => inner.score(fitted, whiteningFromFitted(fitted), unitLength(fitted, whitening, row)),
    explain: (fitted, whitening, row) => inner.explain(fitted, whiteningFromFitted(fitted), unitLength(fitted, whitening, row)),
  }
}

const directionsIn = ({ bank }: ReferenceSummary, fitted: Fitted, matmul: MatMul): ReferenceSummary => {
  const directions = whiteningFromFitted(fitted)
  const rows = standardise(toUnitLength(bank.rows, ...scalingOf(fitted)), bank.m, directions)
  return { whitening: directions, bank: { m: bank.m, rows }, moments: () => sampleMoments(rows, directions.d, matmul) }
}

/** pca of records scaled to length 1. */
export const angularPca = ofDirections(
  pca,
  'Embeddings far out along the leading components of their directions, or off the plane that they span.',
)

/** npca of records scaled to length 1. */
export const angularNpca = ofDirections(npca, 'Embeddings whose direction breaks what the reference holds nearly constant.')
