import type { GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { logGraph } from './log-graph.js'
import { nearest, nearestOthers } from './neighbours.js'
import { neighboursGraph } from './neighbours-graph.js'
import type { GraphBuilder } from './onnx-graph.js'
import { reciprocalRanges } from './ranges.js'
import { rootFromFitted, rootTimes, rootToFitted } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'

/** Of 2, 5, 10 and 20 on curved surfaces with noise: fewer neighbours are noisier, more reach beyond where the surface is flat. */
const K = 10
/** Distances (in ranges) below it count as it, for duplicates have no ratio. */
const LEAST_DISTANCE = 1e-5
/** Of the log ratios: where all of the bank are duplicates, they do not vary. */
const LEAST_VARIANCE = 1e-6

/**
 * Do the records of the window lie in as many dimensions as the reference? On a surface of D dimensions the mean of ln(r_10 / r_j), r_j the
 * distance to the j-th nearest row of the bank, j < 10, is 1 / D (Levina and Bickel 2004; of two neighbours it is Facco's TwoNN): off
 * the surface all of the nearest are about equally far, and it falls. The score is m b / (m + b) (mean_b - mean)^2 / variance_b where it has
 * fallen, else 0, with mean and variance of the bank's b rows among each other. Distances are in ranges of the features, as knn's.
 *
 * It knows no features: shares are equal parts.
 */
export const dimension: WindowDetector = {
  name: 'dimension',
  title: 'Windows that leave the curved surface on which the reference lies, by the intrinsic dimension around their records.',
  kind: 'window',
  usesBank: true,
  costly: true,
  fit: async ({ whitening: { d, root }, bank: { m, rows } }, matmul) => {
    if (m <= K) throw new Error(`dimension needs more than ${K} reference rows, got ${m}`)
    const own = rootToFitted(root)
    const perRange = reciprocalRanges(rows, d)
    const bank = rows.map((value, at) => value * perRange[at % d])
    const ratios = (await nearestOthers(bank, d, K, matmul)).map(({ distances }) => logRatio(distances))
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / m
    const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / m
    return {
      scalars: { mean, variance: Math.max(LEAST_VARIANCE, variance), ...own.scalars },
      tensors: {
        ...own.tensors,
        perRange: { shape: [d], data: perRange },
        bank: { shape: [m, d], data: bank },
      },
    }
  },
  statistics: (fitted) => logRatios(fitted),
  score: (fitted, sums) => fallen(fitted, sums),
  explain: (fitted, { d, root }, sums) => {
    const score = fallen(fitted, sums)
    return Array.from(rootTimes(root, sums.z), (shift, index) => ({ index, share: score / d, sigma: shift / sums.m }))
  },
}

/** Mean of ln(r_k / r_j), j < k, of k rising distances: 1 / D on average. */
export const logRatio = (distances: Float64Array): number => {
  const logs = distances.map((distance) => Math.log(Math.max(distance, LEAST_DISTANCE)))
  const last = logs.length - 1
  return logs.reduce((sum, log) => sum + logs[last] - log, 0) / last
}

const logRatios = (fitted: Fitted): RowStatistics => {
  const { tensors } = fitted
  const [m = 0, d = 0] = tensors.bank?.shape ?? []
  const perRange = tensorData(tensors, 'perRange', d)
  const bank = tensorData(tensors, 'bank', m * d)
  const root = rootFromFitted(fitted, d)
  return {
    width: 1,
    graph: (builder: GraphBuilder, { standardised }: GraphInputs) => {
      const ranged = builder.node('Mul', [standardised, builder.constant([d], Float32Array.from(perRange))])
      const { distances } = neighboursGraph(builder, ranged, bank, m, K)
      const atLeast = builder.node('Max', [distances, builder.constant([], Float32Array.of(LEAST_DISTANCE))])
      const weights = Float32Array.from({ length: K }, (_, j) => (j === K - 1 ? 1 : -1 / (K - 1)))
      return builder.node('MatMul', [logGraph(builder, atLeast), builder.constant([K, 1], weights)])
    },
    of: (z) => {
      const ranged = rootTimes(root, z).map((value, j) => value * perRange[j])
      return Float64Array.of(logRatio(nearest(bank, d, ranged, K).distances))
    },
  }
}

const fallen = ({ scalars, tensors }: Fitted, { own, m }: WindowSums): number => {
  const rows = tensors.bank?.shape[0] ?? 0
  const fall = Math.max(0, scalarNumber(scalars, 'mean') - own[0] / m)
  return (((m * rows) / (m + rows)) * fall ** 2) / scalarNumber(scalars, 'variance')
}
