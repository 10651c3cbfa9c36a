import type { Bank, RecordDetector } from './detector.js'
import { dot, times, transposedTimes } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import { type Principal, principalComponents } from './principal.js'
import { pullShares } from './pull-shares.js'
import { quantile } from './quantile.js'
import { standardise } from './standardisation.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'

/** Levels that 1 % of the bank's rows exceed. */
interface Levels {
  readonly within: number
  readonly beyond: number
}

const LEVEL = 0.99
/** Squared standard deviations: where the components hold all of the reference's variance, what is beyond them is rounding. */
const LEAST_LEVEL = 1e-6

/**
 * T^2 / its level + Q / its level, over the components that hold 95 % of the variance (at most 64): T^2 = sum of s_i^2 / lambda_i over
 * them, Q = the squared length of what they leave over. Summed, not the larger one, as Yue and Qin's combined index: it stays a
 * quadratic form, so that shares are exact, and has no kink. The levels only make the two comparable: nothing is decided by them.
 */
export const pca: RecordDetector = {
  name: 'pca',
  title: 'Records far out along the leading principal components, or off the plane that they span.',
  kind: 'record',
  usesBank: true,
  fit: async ({ moments, whitening, bank }, matmul) => {
    const principal = await principalComponents(await moments(), whitening, matmul)
    return toFitted(principal, whitening.d, await levelsOf(principal, bank, matmul))
  },
  graph: (fitted, builder, { standardised }) => {
    const { k, d, components, variances, levels } = fromFitted(fitted)
    const plane = builder.constant([k, d], Float32Array.from(components))
    const along = builder.node('Gemm', [standardised, plane], { transB: 1 })
    const rest = builder.node('Sub', [standardised, builder.node('MatMul', [along, plane])])
    const weights = builder.constant(
      [k],
      Float32Array.from(variances, (variance) => 1 / Math.sqrt(variance * levels.within)),
    )
    const weight = builder.constant([], Float32Array.of(1 / Math.sqrt(levels.beyond)))
    const [within, beyond] = [builder.node('Mul', [along, weights]), builder.node('Mul', [rest, weight])].map((part) =>
      builder.node('ReduceSumSquare', [part], { axes: [1], keepdims: 0 }),
    )
    return builder.node('Add', [within, beyond])
  },
  score: (fitted, whitening, row) => {
    const u = standardise(row, 1, whitening)
    return dot(u, pull(fitted, u))
  },
  explain: (fitted, whitening, row) => {
    const u = standardise(row, 1, whitening)
    return pullShares(u, pull(fitted, u))
  },
}

/** A u of the score u^T A u. */
const pull = (fitted: Fitted, u: Float64Array): Float64Array => {
  const { components, variances, levels } = fromFitted(fitted)
  const along = times(components, u)
  const projected = transposedTimes(components, along)
  const scaled = transposedTimes(
    components,
    along.map((value, i) => value / variances[i]),
  )
  return u.map((value, j) => scaled[j] / levels.within + (value - projected[j]) / levels.beyond)
}

const levelsOf = async ({ k, components, variances }: Principal, { m, rows }: Bank, matmul: MatMul): Promise<Levels> => {
  const d = components.length / k
  const along = await matmul(rows, transpose(components, k, d), m, d, k)
  const projected = await matmul(along, components, m, k, d)
  const within = rowSquares(
    along.map((value, at) => value / Math.sqrt(variances[at % k])),
    k,
  )
  const beyond = rowSquares(
    rows.map((value, at) => value - projected[at]),
    d,
  )
  return { within: quantile(within, LEVEL), beyond: Math.max(LEAST_LEVEL, quantile(beyond, LEVEL)) }
}

/** The squared length of each row. */
const rowSquares = (rows: Float64Array, d: number): Float64Array =>
  Float64Array.from({ length: rows.length / d }, (_, i) => {
    const row = rows.subarray(i * d, (i + 1) * d)
    return dot(row, row)
  })

const toFitted = ({ k, components, variances }: Principal, d: number, { within, beyond }: Levels): Fitted => ({
  scalars: { within, beyond },
  tensors: { components: { shape: [k, d], data: components }, variances: { shape: [k], data: variances } },
})

const fromFitted = ({ scalars, tensors }: Fitted) => {
  const [k, d] = tensors.components?.shape ?? [0, 0]
  return {
    k,
    d,
    components: tensorData(tensors, 'components', k * d),
    variances: tensorData(tensors, 'variances', k),
    levels: { within: scalarNumber(scalars, 'within'), beyond: scalarNumber(scalars, 'beyond') },
  }
}
