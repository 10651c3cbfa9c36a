import { localDistance, type Near3, plainDistance, RANGED, rulers, WHITENED, whitenedDistance } from './near3-model.js'
import { differences, parts, squared } from './neighbour-parts.js'
import { nearest } from './neighbours.js'
import { inverseTimes, rootTimes, transposedInverseTimes } from './root.js'
import { type Standardisation, standardise } from './standardisation.js'
import type { Whitening } from './whitening.js'

/** Where distances are taken: of a whitening what makes rows standardised and whitened, and shares of their distances. */
export type Space = Standardisation & Pick<Whitening, 'd' | 'root'>

/** near3's score of a row, in float64. */
export const near3Score = (model: Near3, space: Space, row: Float64Array): number => scoreOf(model, look(model, space, row))

/** Each feature's part of it; they sum to it. */
export const near3Shares = (model: Near3, space: Space, row: Float64Array): Float64Array => {
  const seen = look(model, space, row)
  const score = scoreOf(model, seen)
  const near = parts(differences(seen.ranged, model.ranged, seen.byRange), squared)
  const far = parts(differences(seen.whitened, model.whitened, seen.byWhitening), (difference) => pulls(difference, space))
  return near.map((part, j) => (score * (2 * part + far[j])) / 3)
}

/** A row in both spaces, with its neighbours in the bank. */
const look = (model: Near3, space: Space, row: Float64Array) => {
  const { d, root } = space
  const standardised = standardise(row, 1, space)
  const ranged = standardised.map((value, j) => value * model.perRange[j])
  const whitened = inverseTimes(root, standardised)
  return {
    ranged,
    byRange: nearest(model.ranged, d, ranged, RANGED),
    whitened,
    byWhitening: nearest(model.whitened, d, whitened, WHITENED),
  }
}

const scoreOf = (model: Near3, { byRange, byWhitening }: ReturnType<typeof look>): number => {
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
const pulls = (difference: Float64Array, { root }: Space): Float64Array => {
  const pull = transposedInverseTimes(root, difference)
  return rootTimes(root, difference).map((value, j) => value * pull[j])
}
