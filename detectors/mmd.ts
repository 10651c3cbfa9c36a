import type { Bank, GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { featureOrder } from './feature-order.js'
import { transpose } from './matmul.js'
import type { GraphBuilder } from './onnx-graph.js'
import { normals } from './random.js'
import { rootTimes, rowsTimesRoot } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'

const FREQUENCIES = 64
/** Rows of the bank among which the median distance is measured. */
const MEASURED = 500
/** Angles beyond it count as it: float32 does not tell their sines. */
const LIMIT = 1e4
const SEED = 1

/**
 * Do the last m records come from the reference's distribution? The squared distance of their mean in the feature space of a Gaussian
 * kernel to that of the b rows of the bank, m b / (m + b) |mean phi - mean phi_bank|^2, with phi 64 random Fourier features (Rahimi and
 * Recht 2007): MMD^2 (Gretton et al. 2012) to within their randomness, which goes with the features whatever their order. Over standardised features; bandwidth sqrt(median |x - y|^2 / 2).
 *
 * It knows no features: shares are equal parts.
 */
export const mmd: WindowDetector = {
  name: 'mmd',
  title: 'Windows whose records are distributed otherwise as a whole, in a way that no other statistic was made for.',
  kind: 'window',
  usesBank: true,
  fit: async ({ whitening: { d, root }, bank }, matmul) => {
    const directions = frequencies(featureOrder(bank, d), FREQUENCIES, bandwidth(bank, d))
    const angles = await matmul(bank.rows, transpose(directions, FREQUENCIES, d), bank.m, d, FREQUENCIES)
    return {
      scalars: { bank: bank.m },
      tensors: {
        directions: { shape: [FREQUENCIES, d], data: directions },
        // Angles of whitened rows: features are L z.
        axes: { shape: [FREQUENCIES, d], data: await rowsTimesRoot(root, directions, matmul) },
        mean: { shape: [2 * FREQUENCIES], data: meanMap(angles, FREQUENCIES) },
      },
    }
  },
  statistics: (fitted) => waves(fitted),
  score: (fitted, sums) => distance(fitted, sums),
  explain: (fitted, { d, root }, sums) => {
    const score = distance(fitted, sums)
    return Array.from(rootTimes(root, sums.z), (shift, index) => ({ index, share: score / d, sigma: shift / sums.m }))
  },
}

/**
 * `count` frequencies (count x d) of the kernel exp(-|x - y|^2 / (2 sigma^2)), seeded: normal with the deviation 1 / sigma, drawn in the given
 * order of the d features. Cosine and sine of each angle are its two features.
 */
export const frequencies = (order: readonly number[], count: number, sigma: number): Float64Array => {
  const normal = normals(SEED)
  const d = order.length
  const directions = new Float64Array(count * d)
  for (let f = 0; f < count; f++) for (const j of order) directions[f * d + j] = normal() / sigma
  return directions
}

/** sqrt(median |x - y|^2 / 2) of rows of the bank that lie far from each other in it; 1 where they are all alike. */
export const bandwidth = ({ m, rows }: Bank, d: number): number => {
  const step = Math.ceil(m / MEASURED)
  const squares: number[] = []
  for (let i = 0; i < m; i += step) {
    for (let k = 0; k < i; k += step) {
      let square = 0
      for (let j = 0; j < d; j++) square += (rows[i * d + j] - rows[k * d + j]) ** 2
      squares.push(square)
    }
  }
  const sorted = Float64Array.from(squares).sort()
  const middle = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
  return middle > 0 ? Math.sqrt(middle / 2) : 1
}

/** Mean of phi over rows, of their angles (m x count): the cosines, then the sines, over sqrt(count). */
export const meanMap = (angles: Float64Array, count: number): Float64Array => {
  const mean = new Float64Array(2 * count)
  const weight = count / angles.length / Math.sqrt(count)
  angles.forEach((angle, at) => {
    mean[at % count] += weight * Math.cos(clip(angle))
    mean[count + (at % count)] += weight * Math.sin(clip(angle))
  })
  return mean
}

const clip = (angle: number): number => Math.max(-LIMIT, Math.min(LIMIT, angle))

/** Cosines and sines of the row's angles. */
const waves = ({ tensors }: Fitted): RowStatistics => {
  const shape = tensors.axes?.shape ?? []
  const [count = 0, d = 0] = shape
  const axes = tensorData(tensors, 'axes', count * d)
  return {
    width: 2 * count,
    graph: (builder: GraphBuilder, { standardised }: GraphInputs) => {
      const directions = builder.constant(shape, Float32Array.from(tensorData(tensors, 'directions', count * d)))
      const limits = [-LIMIT, LIMIT].map((limit) => builder.constant([], Float32Array.of(limit)))
      const angles = builder.node('Clip', [builder.node('Gemm', [standardised, directions], { transB: 1 }), ...limits])
      return builder.node('Concat', [builder.node('Cos', [angles]), builder.node('Sin', [angles])], { axis: 1 })
    },
    of: (z) => {
      const angles = Float64Array.from({ length: count }, (_, f) =>
        clip(axes.subarray(f * d, (f + 1) * d).reduce((sum, value, l) => sum + value * z[l], 0)),
      )
      return Float64Array.from([...angles.map(Math.cos), ...angles.map(Math.sin)])
    },
  }
}

const distance = ({ scalars, tensors }: Fitted, { own, m }: WindowSums): number => {
  const bank = scalarNumber(scalars, 'bank')
  const mean = tensorData(tensors, 'mean', own.length)
  const root = Math.sqrt(own.length / 2)
  const squared = own.reduce((sum, value, f) => sum + (value / m / root - mean[f]) ** 2, 0)
  return ((m * bank) / (m + bank)) * squared
}
