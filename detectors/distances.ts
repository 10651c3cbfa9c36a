import type { WindowDetector } from './detector.js'
import { edgesOf, exceedances, heldOutDistance, statisticOf, storedEdges } from './edges.js'
import { dot } from './linalg.js'
import { inverseTimes, rootTimes } from './root.js'

/**
 * Are the squared distances D^2 of the last m records distributed as those of the reference? Anderson and Darling's statistic at fixed
 * edges, m times the mean of (F_b - p_b)^2 / (p_b (1 - p_b)), F_b the share of the window above edge b and p_b that of the reference: its
 * mean over independent records is 1 once m is taken as m b / (m + b), for the bank's own b rows are a sample too. The edges are quantiles of what the distance of each bank row would be had the fit not seen it
 * (D^2 n / (n - 1) / (1 - (1 - shrinkage) D^2 / (n - 1)), exact without shrinkage): in-sample distances are too small, and a window that
 * contracts would go unseen among many features.
 *
 * It knows no features: shares are equal parts.
 */
export const distances: WindowDetector = {
  name: 'distances',
  title: 'Windows whose records lie all a little too far out, or too far in: changed scale, contraction, heavier tails.',
  kind: 'window',
  usesBank: true,
  fit: async ({ whitening, bank: { m, rows } }) => {
    const { d, root, n, shrinkage } = whitening
    return edgesOf(
      Float64Array.from({ length: m }, (_, i) =>
        heldOutDistance(squaredLength(inverseTimes(root, rows.subarray(i * d, (i + 1) * d))), n, shrinkage),
      ),
    )
  },
  statistics: (fitted) => {
    const edges = storedEdges(fitted)
    return {
      width: edges.length,
      graph: (builder, { whitened }) =>
        exceedances(builder, builder.node('ReduceSumSquare', [whitened], { axes: [1], keepdims: 1 }), edges),
      of: (z) => {
        const distance = squaredLength(z)
        return edges.map((edge) => Number(distance > edge))
      },
    }
  },
  score: statisticOf,
  explain: (fitted, { d, root }, sums) => {
    const score = statisticOf(fitted, sums)
    return Array.from(rootTimes(root, sums.z), (shift, index) => ({ index, share: score / d, sigma: shift / sums.m }))
  },
}

const squaredLength = (z: Float64Array): number => dot(z, z)
