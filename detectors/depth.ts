import type { Bank, GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { dot, transposedTimes } from './linalg.js'
import type { GraphBuilder } from './onnx-graph.js'
import { rootFromFitted, rootTimes, rootToFitted } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** Depths of the bank that a row's depth is ranked among: with as many, the rank sum loses 1 in 4,000 of its efficiency. */
const MOST_EDGES = 64
/** Radians from the mean direction: smaller ones count as it, for float32 does not tell them. */
const LEAST_ANGLE = 1e-6
const FLOAT = 1

/**
 * Do the directions of the last m records lie less deep among those of the reference? The depth of x is 2 less its mean cosine distance to
 * the bank's rows (Seegmiller and Preum 2023, "TTE depth"), which for rows of length 1 is 1 + x . mean: one product. Each
 * record counts how many of the bank's depths its own exceeds; the score is the square of the rank sum's z where records are less deep than
 * the bank, and 0 where they are deeper. A bank row's own depth leaves the row itself out: else the bank would look deeper than any window.
 *
 * Depths are compared as the cotangent of the angle to the mean direction, which is monotone in them and does not round small angles away.
 * It knows no features: shares are equal parts.
 */
export const depth: WindowDetector = {
  name: 'depth',
  title: 'Windows of embeddings that point away from where most of the reference points.',
  kind: 'window',
  usesBank: true,
  fit: async ({ whitening, bank }) => {
    const { root, active, scale, mean } = whitening
    if (bank.m < 2) throw new Error(`depth needs at least 2 reference rows, got ${bank.m}`)
    const own = rootToFitted(root)
    const raw = rawRows(bank, whitening)
    const unit = Math.sqrt(dot(raw, raw) / bank.m) || 1
    const towards = meanDirection(raw, root.d)
    const length = Math.sqrt(dot(towards, towards))
    const held = heldOutDepths(raw, root.d).map((depth) => cotangent(length > 0 ? (depth - 1) / length : 0))
    const sorted = held.sort()
    const count = Math.min(MOST_EDGES, bank.m)
    const vector = (data: Float64Array) => ({ shape: [data.length], data })
    return {
      scalars: { rows: bank.m, ...own.scalars },
      tensors: {
        ...own.tensors,
        axis: vector(towards.map((value) => (length > 0 ? value / length : 0))),
        scale: vector(scale.map((value, j) => (active[j] ? value / unit : 0))),
        centre: vector(mean.map((value) => value / unit)),
        edges: vector(Float64Array.from({ length: count }, (_, b) => sorted[Math.floor(((b + 0.5) * bank.m) / count)])),
      },
    }
  },
  statistics: (fitted) => ranks(fitted),
  score: (fitted, sums) => lessDeep(fitted, sums),
  explain: (fitted, { d, root }, sums) => {
    const score = lessDeep(fitted, sums)
    return Array.from(rootTimes(root, sums.z), (shift, index) => ({ index, share: score / d, sigma: shift / sums.m }))
  },
}

/** The mean of rows (m x d) scaled to length 1; 1 plus its product with a row of length 1 is the row's depth. */
export const meanDirection = (rows: Float64Array, d: number): Float64Array => {
  const weights = reciprocalLengths(rows, d)
  return transposedTimes(
    rows,
    weights.map((weight) => weight / weights.length),
  )
}

/** The depth of each of m rows (m x d) among the others. */
export const heldOutDepths = (rows: Float64Array, d: number): Float64Array => {
  const weights = reciprocalLengths(rows, d)
  const m = weights.length
  const towards = meanDirection(rows, d)
  return weights.map((weight, i) => {
    const row = rows.subarray(i * d, (i + 1) * d)
    return 1 + (m * weight * dot(row, towards) - weight ** 2 * dot(row, row)) / (m - 1)
  })
}

/** Wilcoxon's rank-sum z of m depths against n others, by the mean share of those below each; positive where the m are less deep. */
export const rankSumZ = (meanShare: number, m: number, n: number): number => (0.5 - meanShare) * Math.sqrt((12 * n * m) / (n + m + 1))

/** 0 for a row of zeros, which points nowhere. */
const reciprocalLengths = (rows: Float64Array, d: number): Float64Array =>
  Float64Array.from({ length: rows.length / d }, (_, i) => {
    const row = rows.subarray(i * d, (i + 1) * d)
    const square = dot(row, row)
    return square > 0 ? 1 / Math.sqrt(square) : 0
  })

const rawRows = ({ rows }: Bank, { d, mean, scale, active }: Whitening): Float64Array =>
  rows.map((value, at) => mean[at % d] + (active[at % d] ? scale[at % d] * value : 0))

/** Of the angle with this cosine. */
const cotangent = (cosine: number): number => {
  const within = Math.max(-1, Math.min(1, cosine))
  return within / Math.max(LEAST_ANGLE, Math.sqrt(1 - within ** 2))
}

/** How many of the edges the row's depth exceeds. */
const ranks = (fitted: Fitted): RowStatistics => {
  const { tensors } = fitted
  const d = tensors.axis?.data.length ?? 0
  const [axis, scale, centre] = ['axis', 'scale', 'centre'].map((name) => tensorData(tensors, name, d))
  const edges = tensorData(tensors, 'edges', tensors.edges?.data.length ?? 0)
  const root = rootFromFitted(fitted, d)
  const aside = centre.map((value, j) => value - dot(centre, axis) * axis[j])
  return {
    width: 1,
    graph: (builder: GraphBuilder, { standardised }: GraphInputs) => {
      const constant = (shape: readonly number[], values: ArrayLike<number>) => builder.constant(shape, Float32Array.from(values))
      const scaled = builder.node('Mul', [standardised, constant([d], scale)])
      const moved = builder.node('MatMul', [scaled, constant([d, 1], axis)])
      const along = builder.node('Add', [moved, constant([], [dot(centre, axis)])])
      const movedAside = builder.node('Sub', [scaled, builder.node('MatMul', [moved, constant([1, d], axis)])])
      const rest = builder.node('Add', [movedAside, constant([d], aside)])
      const away = builder.node('Sqrt', [builder.node('ReduceSumSquare', [rest], { axes: [1], keepdims: 1 })])
      const cotangents = builder.node('Div', [along, builder.node('Max', [away, constant([], [LEAST_ANGLE])])])
      const exceeds = builder.node('Greater', [cotangents, constant([edges.length], edges)])
      const ones = new Float32Array(edges.length).fill(1)
      return builder.node('MatMul', [builder.node('Cast', [exceeds], { to: FLOAT }), constant([edges.length, 1], ones)])
    },
    of: (z) => {
      const scaled = rootTimes(root, z).map((value, j) => value * scale[j])
      const moved = dot(scaled, axis)
      const rest = scaled.map((value, j) => value - moved * axis[j] + aside[j])
      const along = moved + dot(centre, axis)
      const value = along / Math.max(LEAST_ANGLE, Math.sqrt(dot(rest, rest)))
      return Float64Array.of(edges.filter((edge) => value > edge).length)
    },
  }
}

const lessDeep = ({ scalars, tensors }: Fitted, { own, m }: WindowSums): number => {
  const edges = tensors.edges?.data.length ?? 0
  return Math.max(0, rankSumZ(own[0] / m / edges, m, scalarNumber(scalars, 'rows'))) ** 2
}
