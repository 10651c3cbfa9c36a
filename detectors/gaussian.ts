import type { RecordDetector } from './detector.js'
import { pullShares } from './pull-shares.js'
import { transposedInverseTimes } from './root.js'
import { standardise } from './standardisation.js'
import { whiten } from './whitening.js'

/**
 * Squared Mahalanobis distance D^2 = |z|^2 of a record to the reference.
 * A feature's share is u_j (W^T z)_j, u the standardised row.
 */
export const gaussian: RecordDetector = {
  name: 'gaussian',
  title: 'Records far from the reference in squared Mahalanobis distance: single outliers and broken correlations.',
  kind: 'record',
  // Beside near3, half: on 13 ADBench sets the pair's mean AUROC is then .946, not .941 as at equal parts (near3 alone .947).
  price: 2,
  fit: async () => ({ scalars: {}, tensors: {} }),
  graph: (_fitted, builder, { whitened }) => builder.node('ReduceSumSquare', [whitened], { axes: [1], keepdims: 0 }),
  score: (_fitted, whitening, row) => whiten(whitening, row).reduce((sum, z) => sum + z * z, 0),
  explain: (_fitted, whitening, row) =>
    pullShares(standardise(row, 1, whitening), transposedInverseTimes(whitening.root, whiten(whitening, row))),
}
