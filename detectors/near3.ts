import type { RecordDetector } from './detector.js'
import { lowerTimes, transposedLowerTimes } from './linalg.js'
import { near3Graph } from './near3-graph.js'
import {
  learnNear3,
  localDistance,
  type Near3,
  near3FromFitted,
  near3ToFitted,
  plainDistance,
  RANGED,
  rulers,
  WHITENED,
  whitenedDistance,
} from './near3-model.js'
import { differences, parts, squared } from './neighbour-parts.js'
import { nearest } from './neighbours.js'
import { standardise } from './standardisation.js'
import { type Whitening, whiten } from './whitening.js'

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
  fit: async ({ whitening, bank }, matmul) => near3ToFitted(await learnNear3(bank, whitening, matmul)),
  graph: (fitted, builder, inputs) => near3Graph(near3FromFitted(fitted), builder, inputs),
  score: (fitted, whitening, row) => scoreOf(near3FromFitted(fitted), whitening, row),
  explain: (fitted, whitening, row) => {
    const model = near3FromFitted(fitted)
    const { ranged, byRange, whitened, byWhitening } = look(model, whitening, row)
    const score = scoreOf(model, whitening, row)
    const near = parts(differences(ranged, model.ranged, byRange), squared)
    const far = parts(differences(whitened, model.whitened, byWhitening), (difference) => pulls(difference, whitening))
    return Array.from(standardise(row, 1, whitening), (sigma, index) => ({
      index,
      share: (score * (2 * near[index] + far[index])) / 3,
      sigma,
    }))
  },
}

/** A row in both spaces, with its neighbours in the bank. */
const look = (model: Near3, whitening: Whitening, row: Float64Array) => {
  const ranged = standardise(row, 1, whitening).map((value, j) => value * model.perRange[j])
  const whitened = whiten(whitening, row)
  const { d } = whitening
  return {
    ranged,
    byRange: nearest(model.ranged, d, ranged, RANGED),
    whitened,
    byWhitening: nearest(model.whitened, d, whitened, WHITENED),
  }
}

const scoreOf = (model: Near3, whitening: Whitening, row: Float64Array): number => {
  const { byRange, byWhitening } = look(model, whitening, row)
  const distances = {
    plain: plainDistance(byRange),
    local: localDistance(byRange, model.own),
    whitened: whitenedDistance(byWhitening),
  }
  const product = rulers.reduce((all, ruler) => {
    const { softening, level } = model.levels[ruler]
    return (all * (distances[ruler] + softening)) / level
  }, 1)
  return product ** (2 / rulers.length)
}

/** Each feature's part of |z difference|^2, as in the Gaussian's shares: u_j (W^T z)_j. */
const pulls = (difference: Float64Array, { lower, inverse, d }: Whitening): Float64Array => {
  const pull = transposedLowerTimes(inverse, difference, d)
  return lowerTimes(lower, difference, d).map((value, j) => value * pull[j])
}
