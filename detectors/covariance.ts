import type { FeatureShare, GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { extremeDirections } from './directions.js'
import { times } from './linalg.js'
import type { GraphBuilder } from './onnx-graph.js'
import { packedLength } from './packed.js'
import { rootTimes, rootVariances, transposedInverseTimes } from './root.js'
import { type Fitted, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** Directions that are watched. */
const DIRECTIONS = 16
/** Whitened values beyond it count as it: one wild record is the record detectors' business, and its square would be the window's. */
const LIMIT = 50

/**
 * Has the spread of the last m records changed, or what moves with what? With P the coordinates of the whitened rows in k directions and
 * C = P^T P / m: Ledoit and Wolf's (2002) statistic against the identity, W = tr (C - I)^2 / k - (k / m) (tr C / k)^2 + k / m, as the root of
 * m k W / 2, which for independent Gaussian rows and a known covariance has the mean k (k + 1) / 2. The root grows with the square of a
 * spread, as the other detectors' scores do.
 * All directions up to 16 features; beyond, the 12 in which the features vary most and the 4 in which they vary least.
 *
 * A feature's spread is its deviation around the window's mean as far as the directions hold it; what they leave out counts as in the reference.
 * A feature's share is its part of tr (C - I)^2 over the standardised features, (L M^2 L^-1)_jj with M = C - I in whitened coordinates.
 */
export const covariance: WindowDetector = {
  name: 'covariance',
  title: 'Windows whose spread or correlations have changed while their mean need not have moved.',
  kind: 'window',
  fit: async ({ whitening }, matmul) => {
    const { d } = whitening
    const basis = await extremeDirections(whitening, DIRECTIONS, matmul)
    return { scalars: {}, tensors: { basis: { shape: [basis.length / d, d], data: basis } } }
  },
  statistics: (fitted) => products(basisOf(fitted)),
  score: (fitted, sums) => statistic(deviation(basisOf(fitted).k, sums), basisOf(fitted).k, sums.m),
  explain: (fitted, whitening, sums) => explain(basisOf(fitted), whitening, sums),
}

interface Basis {
  readonly k: number
  readonly d: number
  /** k x d, orthonormal rows. */
  readonly rows: Float64Array
}

const basisOf = ({ tensors }: Fitted): Basis => {
  const [k = 0, d = 0] = tensors.basis?.shape ?? []
  return { k, d, rows: tensorData(tensors, 'basis', k * d) }
}

/** The products p_i p_j, j <= i, of a row's coordinates. */
const products = ({ k, d, rows }: Basis): RowStatistics => {
  const pairs = Array.from({ length: k }, (_, i) => Array.from({ length: i + 1 }, (_, j) => [i, j])).flat()
  return {
    width: pairs.length,
    graph: (builder: GraphBuilder, { whitened }: GraphInputs) => {
      const axes = builder.constant([k, d], Float32Array.from(rows))
      const limits = [-LIMIT, LIMIT].map((limit) => builder.constant([], Float32Array.of(limit)))
      const coordinates = builder.node('Clip', [builder.node('Gemm', [whitened, axes], { transB: 1 }), ...limits])
      // Chosen by a product with ones and zeros: a Gather of columns takes ten times as long.
      const sides = [0, 1].map((side) => {
        const chosen = new Float32Array(k * pairs.length)
        pairs.forEach((pair, at) => {
          chosen[pair[side] * pairs.length + at] = 1
        })
        return builder.node('Gemm', [coordinates, builder.constant([k, pairs.length], chosen)])
      })
      return builder.node('Mul', sides)
    },
    of: (z) => {
      const p = Float64Array.from({ length: k }, (_, i) => {
        const along = rows.subarray(i * d, (i + 1) * d).reduce((sum, value, l) => sum + value * z[l], 0)
        return Math.max(-LIMIT, Math.min(LIMIT, along))
      })
      return Float64Array.from(pairs, ([i, j]) => p[i] * p[j])
    },
  }
}

/** C - I, packed. */
const deviation = (k: number, { own, m }: WindowSums): Float64Array => {
  const packed = own.map((sum) => sum / m)
  for (let i = 0; i < k; i++) packed[packedLength(i) + i] -= 1
  return packed
}

const statistic = (packed: Float64Array, k: number, m: number): number => {
  let squares = 0
  let trace = k
  for (let i = 0, at = 0; i < k; i++, at++) {
    for (let j = 0; j < i; j++, at++) squares += 2 * packed[at] ** 2
    squares += packed[at] ** 2
    trace += packed[at]
  }
  return Math.sqrt(Math.max(0, m * squares - trace ** 2 + k ** 2) / 2)
}

const explain = ({ k, d, rows }: Basis, { root }: Whitening, sums: WindowSums): FeatureShare[] => {
  const packed = deviation(k, sums)
  const change = (i: number, j: number) => packed[packedLength(Math.max(i, j)) + Math.min(i, j)]
  // (L M^2 L^-1)_jj = sum over i of (L q_i)_j (L^-T r_i)_j, with r_i row i of (C - I)^2 Q: `squared`, k x d.
  const squared = new Float64Array(k * d)
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      let weight = 0
      for (let l = 0; l < k; l++) weight += change(i, l) * change(l, j)
      for (let c = 0; c < d; c++) squared[i * d + c] += weight * rows[j * d + c]
    }
  }
  const along = Array.from({ length: k }, (_, i) => rootTimes(root, rows.subarray(i * d, (i + 1) * d)))
  const parts = new Float64Array(d)
  for (let i = 0; i < k; i++) {
    const back = transposedInverseTimes(root, squared.subarray(i * d, (i + 1) * d))
    for (let j = 0; j < d; j++) parts[j] += along[i][j] * back[j]
  }
  const mean = times(rows, sums.z).map((sum) => sum / sums.m)
  const variances = rootVariances(root)
  const spread = (j: number): number => {
    const usual = variances[j]
    let variance = usual
    for (let i = 0; i < k; i++) for (let l = 0; l < k; l++) variance += (change(i, l) - mean[i] * mean[l]) * along[i][j] * along[l][j]
    return usual > 0 ? Math.sqrt(Math.max(0, variance) / usual) : 1
  }
  const total = parts.reduce((sum, part) => sum + part, 0)
  const score = statistic(packed, k, sums.m)
  const shift = rootTimes(root, sums.z)
  return Array.from(parts, (part, index) => ({
    index,
    share: total > 0 ? (score * part) / total : score / d,
    sigma: shift[index] / sums.m,
    spread: spread(index),
  }))
}
