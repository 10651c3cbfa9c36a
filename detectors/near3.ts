import type { RecordDetector } from './detector.js'
import { near3Graph } from './near3-graph.js'
import { learnNear3, near3FromFitted, near3ToFitted } from './near3-model.js'
import { near3Score, near3Shares } from './near3-score.js'
import { standardise } from './standardisation.js'

/**
 * Distance to the nearest of up to 2,000 reference rows by three rulers: in ranges of the features (mean of the 3 nearest); the same
 * of the 5 nearest over the square root of how far apart those lie themselves; and whitened (mean of the 3 nearest). Each distance is
 * divided by the one that 1 % of the bank's rows exceed among each other. The score is the geometric mean of the squared ratios: 1 is
 * that level. Of some 200 record detectors measured on 21 data sets the best that needs no setting (see docs/detectors.md).
 *
 * A ruler's share of a feature is its part of the squared distances to the neighbours; shares are their mean over the rulers times the
 * score, and sum to it.
 */
export const near3: RecordDetector = {
  name: 'near3',
  title: 'Records where no reference record lies: between clusters, off a curved relation; what one Gaussian cannot see.',
  kind: 'record',
  usesBank: true,
  costly: true,
  fit: async ({ whitening, bank }, matmul) => near3ToFitted(await learnNear3(bank, whitening, matmul)),
  graph: (fitted, builder, inputs) => near3Graph(near3FromFitted(fitted), builder, inputs),
  score: (fitted, whitening, row) => near3Score(near3FromFitted(fitted), whitening, row),
  explain: (fitted, whitening, row) => {
    const shares = near3Shares(near3FromFitted(fitted), whitening, row)
    return Array.from(standardise(row, 1, whitening), (sigma, index) => ({ index, share: shares[index], sigma }))
  },
}
