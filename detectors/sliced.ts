import type { FeatureShare, GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { featureOrder } from './feature-order.js'
import { dot, factorise, times, transposedTimes } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import type { GraphBuilder } from './onnx-graph.js'
import { normals } from './random.js'
import { covarianceOf, rootTimes, rowsTimesRoot, rowsTimesTransposedInverse, transposedInverseTimes } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import type { Whitening } from './whitening.js'

const DIRECTIONS = 32
/** Per direction, of equal shares of the bank. */
const BINS = 8
/** Whitened values beyond it count as it: a wild record is the record detectors' business. */
const LIMIT = 50
const SEED = 1

/**
 * How far must the records of the window be carried to be distributed as the reference? Sliced Wasserstein distance (Rabin et al. 2012):
 * the mean over 32 fixed random directions of whitened rows of W1, the area between the distribution functions of window and bank; the
 * score is m b / (m + b) times its square. The area is summed bin by bin, between quantiles of the bank: what a row adds to the integral of
 * 1 - F over a bin is its value, clipped to the bin, so that sums over rows are all it takes. That is never more than W1, and equal to it
 * where no bin's difference changes sign inside, as where all has moved one way.
 *
 * Features share the score as the |v|^2 of a shift v of whitened rows, as hotelling's: v is the sum of the directions, each as long as its W1
 * and to the side that the mean along it has moved.
 */
export const sliced: WindowDetector = {
  name: 'sliced',
  title: 'Windows that are distributed otherwise along random directions: shifts and changed shapes, by how far records moved.',
  kind: 'window',
  usesBank: true,
  fit: async ({ whitening, bank: { m, rows } }, matmul) => {
    const { d, root } = whitening
    const directions = await randomDirections(DIRECTIONS, whitening, featureOrder({ m, rows }, d), matmul)
    const whitened = await rowsTimesTransposedInverse(root, rows, matmul)
    const along = await matmul(whitened, transpose(directions, DIRECTIONS, d), m, d, DIRECTIONS)
    const [lows, highs] = binsOf(along, m)
    const { of } = clipped(directions, lows, highs)
    const mean = new Float64Array(DIRECTIONS * BINS)
    for (let i = 0; i < m; i++) {
      of(whitened.subarray(i * d, (i + 1) * d)).forEach((value, at) => {
        mean[at] += value / m
      })
    }
    const shape = [DIRECTIONS, BINS]
    return {
      scalars: { rows: m },
      tensors: {
        directions: { shape: [DIRECTIONS, d], data: directions },
        lows: { shape, data: lows },
        highs: { shape, data: highs },
        mean: { shape, data: mean },
      },
    }
  },
  statistics: ({ tensors }) => {
    const [lows, highs] = ['lows', 'highs'].map((name) => tensorData(tensors, name, DIRECTIONS * BINS))
    return clipped(directionsOf(tensors), lows, highs)
  },
  score: (fitted, sums) => scoreOf(fitted, sums.m, carried(fitted, sums)),
  explain: (fitted, whitening, sums) => explain(fitted, whitening, sums),
}

/** How far the rows were carried along one direction: W1 in bins, and the change of the mean. */
interface Carried {
  readonly distance: number
  readonly change: number
}

/**
 * Seeded, uniform on the sphere of the features that vary, count x d. They are drawn in the coordinates of a whitening of the features in
 * the given order and turned into those of the one in use, for which way its coordinates point depends on the order of the columns.
 */
const randomDirections = async (
  count: number,
  { d, root, active }: Whitening,
  order: readonly number[],
  matmul: MatMul,
): Promise<Float64Array> => {
  const covariance = await covarianceOf(root, matmul)
  const ordered = covariance.map((_, at) => covariance[order[Math.floor(at / d)] * d + order[at % d]])
  const factor = await factorise(ordered, d, matmul)
  if (factor === undefined)
    throw new Unfit(
      'sliced: the covariance of the reference is (nearly) singular; leave out features that are combinations of others, or sliced',
    )
  const normal = normals(SEED)
  const drawn = Float64Array.from({ length: count * d }, (_, at) => (active[order[at % d]] ? normal() : 0))
  // A direction v of rows whitened in that order is W^T v of standardised ones, and L^T W^T v of those of the whitening in use.
  const inOrder = await matmul(drawn, factor.inverse, count, d, d)
  const standardised = new Float64Array(count * d)
  inOrder.forEach((value, at) => {
    standardised[at - (at % d) + order[at % d]] = value
  })
  const directions = await rowsTimesRoot(root, standardised, matmul)
  return directions.map((value, at) => {
    const row = directions.subarray(at - (at % d), at - (at % d) + d)
    return value / Math.sqrt(dot(row, row))
  })
}

/** Bounds of the bins of m rows' values along the directions: the outer ones end at the limit. */
const binsOf = (along: Float64Array, m: number): [Float64Array, Float64Array] => {
  const columns = Array.from({ length: DIRECTIONS }, (_, k) =>
    Float64Array.from({ length: m }, (_row, i) => along[i * DIRECTIONS + k]).sort(),
  )
  const edge = (k: number, b: number) =>
    b === 0 ? -LIMIT : b === BINS ? LIMIT : clip(columns[k][Math.min(m - 1, Math.floor((b / BINS) * m))])
  const edges = (shift: number) =>
    Float64Array.from({ length: DIRECTIONS * BINS }, (_, at) => edge(Math.floor(at / BINS), (at % BINS) + shift))
  return [edges(0), edges(1)]
}

const clip = (value: number): number => Math.max(-LIMIT, Math.min(LIMIT, value))

/** The row's value along each direction, clipped to each bin, less the bin's bound on the side of the median, so that most are small. */
const clipped = (directions: Float64Array, lows: Float64Array, highs: Float64Array): RowStatistics => {
  const count = lows.length / BINS
  const anchors = lows.map((low, at) => (at % BINS === 0 ? highs[at] : low))
  return {
    width: lows.length,
    graph: (builder: GraphBuilder, { whitened }: GraphInputs) => {
      const shape = [count, BINS]
      const bins = (values: Float64Array) => builder.constant(shape, Float32Array.from(values))
      const axes = builder.constant([count, directions.length / count], Float32Array.from(directions))
      const along = builder.node('Gemm', [whitened, axes], { transB: 1 })
      const values = builder.node('Unsqueeze', [along, builder.constant([1], BigInt64Array.of(2n))])
      const within = builder.node('Min', [builder.node('Max', [values, bins(lows)]), bins(highs)])
      const flat = builder.constant([2], BigInt64Array.of(0n, BigInt(lows.length)))
      return builder.node('Reshape', [builder.node('Sub', [within, bins(anchors)]), flat])
    },
    of: (z) => {
      const along = times(directions, z)
      return lows.map((low, at) => Math.min(Math.max(along[Math.floor(at / BINS)], low), highs[at]) - anchors[at])
    },
  }
}

const carried = ({ tensors }: Fitted, { own, m }: WindowSums): Carried[] => {
  const mean = tensorData(tensors, 'mean', own.length)
  return Array.from({ length: own.length / BINS }, (_, k) => {
    const bins = Array.from(own.subarray(k * BINS, (k + 1) * BINS), (sum, b) => sum / m - mean[k * BINS + b])
    return { distance: bins.reduce((sum, bin) => sum + Math.abs(bin), 0), change: bins.reduce((sum, bin) => sum + bin, 0) }
  })
}

const scoreOf = ({ scalars }: Fitted, m: number, all: readonly Carried[]): number => {
  const rows = scalarNumber(scalars, 'rows')
  const mean = all.reduce((sum, { distance }) => sum + distance, 0) / all.length
  return ((m * rows) / (m + rows)) * mean ** 2
}

const explain = (fitted: Fitted, { d, root }: Whitening, sums: WindowSums): FeatureShare[] => {
  const all = carried(fitted, sums)
  const score = scoreOf(fitted, sums.m, all)
  const lengths = Float64Array.from(all, ({ distance, change }) => distance * Math.sign(change))
  const shift = transposedTimes(directionsOf(fitted.tensors), lengths)
  const total = dot(shift, shift)
  const moved = rootTimes(root, shift)
  const pull = transposedInverseTimes(root, shift)
  return Array.from(rootTimes(root, sums.z), (sum, index) => ({
    index,
    share: total > 0 ? (score * moved[index] * pull[index]) / total : score / d,
    sigma: sum / sums.m,
  }))
}

const directionsOf = (tensors: Fitted['tensors']): Float64Array =>
  tensorData(tensors, 'directions', DIRECTIONS * (tensors.directions?.shape[1] ?? 0))
