import { autoregressionOf, fitJoint, fromFitted, innovationOf, squaredInnovations, toFitted } from './autoregression.js'
import type { RecordDetector } from './detector.js'
import { dot, lowerTimes, transposedLowerTimes } from './linalg.js'
import { transposedInverseTimes } from './root.js'
import { standardise } from './standardisation.js'
import { whiten } from './whitening.js'

/**
 * D^2 of the innovations of a first-order vector autoregression: what the record before does not foretell, under its own covariance.
 * A stream's first row counts as its own predecessor. A feature's share is e_j (R^-1 e)_j, e the innovation of the standardised row and R
 * its covariance.
 */
export const innovations: RecordDetector = {
  name: 'innovations',
  title: 'Records that the one before them in their stream did not foretell: jumps and noise in streams that move slowly.',
  kind: 'record',
  usesPrevious: true,
  fit: async (reference, matmul) =>
    toFitted(await autoregressionOf(await fitJoint('innovations', reference, matmul), reference.whitening, matmul)),
  graph: (fitted, builder, inputs) => squaredInnovations(fromFitted(fitted), builder, inputs, 0),
  score: (fitted, whitening, row, previous = row) => {
    const innovation = innovationOf(fromFitted(fitted), whiten(whitening, row), whiten(whitening, previous))
    return dot(innovation, innovation)
  },
  explain: (fitted, whitening, row, previous = row) => {
    const model = fromFitted(fitted)
    const { d, lower, own } = model
    const innovation = innovationOf(model, whiten(whitening, row), whiten(whitening, previous))
    const unforetold = lowerTimes(lower, innovation, d)
    const pull = transposedInverseTimes(whitening.root, transposedLowerTimes(own, innovation, d))
    return Array.from(standardise(row, 1, whitening), (sigma, index) => ({ index, share: unforetold[index] * pull[index], sigma }))
  },
}
