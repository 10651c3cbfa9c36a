import type { GraphBuilder } from './onnx-graph.js'
import type { Standardisation } from './standardisation.js'
import type { TapColumns } from './tap-columns.js'

const DOUBLE = 11
/** The length of a part of zeros, so that it is divided by something. */
const LEAST_LENGTH = 1e-300

/**
 * Which part each column belongs to (d). Part 0 is divided by its length. The other parts are the log standard deviations of each tap: a
 * gain adds the same to all of them, so their mean is taken off before they are divided by their length.
 */
export const partsOf = (d: number, taps: readonly TapColumns[] = []): Float64Array => {
  const parts = new Float64Array(d)
  taps
    .filter(({ logSds }) => logSds.length > 0)
    .forEach(({ logSds }, i) => {
      for (const column of logSds) parts[column] = i + 1
    })
  return parts
}

const countOf = (parts: Float64Array): number => 1 + parts.reduce((most, part) => Math.max(most, part), 0)

/** Per part how much of a column its mean has; part 0 keeps its mean. */
const meanWeights = (parts: Float64Array): Float64Array => {
  const sizes = new Float64Array(countOf(parts))
  for (const part of parts) sizes[part]++
  return sizes.map((size, part) => (part === 0 ? 0 : 1 / size))
}

/** Standardised rows in raw units again, each part of each of length 1. */
export const toUnitLength = (rows: Float64Array, { mean, scale }: Standardisation, parts: Float64Array): Float64Array => {
  const d = mean.length
  const weights = meanWeights(parts)
  const scaled = rows.map((value, at) => mean[at % d] + scale[at % d] * value)
  for (let at = 0; at < scaled.length; at += d) {
    const row = scaled.subarray(at, at + d)
    const centres = new Float64Array(weights.length)
    for (let j = 0; j < d; j++) centres[parts[j]] += weights[parts[j]] * row[j]
    const squares = new Float64Array(weights.length)
    for (let j = 0; j < d; j++) {
      row[j] -= centres[parts[j]]
      squares[parts[j]] += row[j] * row[j]
    }
    const lengths = squares.map((square) => Math.max(LEAST_LENGTH, Math.sqrt(square)))
    for (let j = 0; j < d; j++) row[j] /= lengths[parts[j]]
  }
  return scaled
}

/** The same in the graph, in float64: where lengths are large beside the features' spread, float32 would lose the spread. */
export const toUnitLengthInGraph = (
  builder: GraphBuilder,
  standardised: string,
  { mean, scale }: Standardisation,
  parts: Float64Array,
): string => {
  const d = mean.length
  const weights = meanWeights(parts)
  const count = weights.length
  const values = builder.node('Mul', [builder.node('Cast', [standardised], { to: DOUBLE }), builder.constant([d], scale)])
  const raw = builder.node('Add', [values, builder.constant([d], mean)])
  // Sums over parts as products: ReduceSum over few columns adds in an order that depends on the batch.
  const member = Float64Array.from({ length: count * d }, (_, at) => Number(parts[at % d] === Math.floor(at / d)))
  const members = builder.constant([count, d], member)
  const sums = (value: string, weighted: string) => builder.node('Gemm', [value, weighted], { transB: 1 })
  const spread = (perPart: string) => builder.node('Gemm', [perPart, members])
  const averages = builder.constant(
    [count, d],
    member.map((own, at) => own * weights[Math.floor(at / d)]),
  )
  const centred = count === 1 ? raw : builder.node('Sub', [raw, spread(sums(raw, averages))])
  const lengths = builder.node('Sqrt', [sums(builder.node('Mul', [centred, centred]), members)])
  return builder.node('Div', [centred, spread(builder.node('Max', [lengths, builder.constant([], Float64Array.of(LEAST_LENGTH))]))])
}
