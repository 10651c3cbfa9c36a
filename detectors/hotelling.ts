import type { WindowDetector } from './detector.js'
import { rootTimes, transposedInverseTimes } from './root.js'
import { scalarNumber } from './stored.js'

/**
 * Hotelling's T^2 = n m / (n + m) |mean z|^2 of the last m records against the n of the reference, with the reference's covariance
 * alone, so that it is defined for any m >= 1.
 *
 * A feature's share is n m / (n + m) u_j (W^T mean z)_j with u = L mean z the standardised shift of the window's mean; shares sum to T^2.
 */
export const hotelling: WindowDetector = {
  name: 'hotelling',
  title: 'Windows whose mean has moved away from the reference: slow shifts too small to see in single records.',
  kind: 'window',
  fit: async ({ whitening }) => ({ scalars: { n: whitening.n }, tensors: {} }),
  score: ({ scalars }, { z, m }) => weight(scalarNumber(scalars, 'n'), m) * squaredLength(z, m),
  explain: ({ scalars }, { root }, { z, m }) => {
    const factor = weight(scalarNumber(scalars, 'n'), m)
    const mean = z.map((value) => value / m)
    const shift = rootTimes(root, mean)
    const pull = transposedInverseTimes(root, mean)
    return Array.from(shift, (sigma, index) => ({ index, share: factor * sigma * pull[index], sigma }))
  },
}

/** |sum / m|^2. */
const squaredLength = (sum: Float64Array, m: number): number => {
  let total = 0
  for (let j = 0; j < sum.length; j++) total += sum[j] * sum[j]
  return total / m / m
}

/** Of the squared distance between the means of n and of m independent rows: then it does not depend on n and m. */
export const weight = (n: number, m: number): number => (n * m) / (n + m)
