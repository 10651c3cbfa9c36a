import type { RecordDetector } from './detector.js'
import { differences, parts, squared } from './neighbour-parts.js'
import { nearest } from './neighbours.js'
import { meanOver, neighboursGraph } from './neighbours-graph.js'
import { reciprocalRanges } from './ranges.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** In ranges of the features, the mean of 3 was the best plain one of the default detector study: larger k always lost. */
const K = 3

/**
 * Mean distance to the 3 nearest of up to 2,000 reference rows, in ranges of the features: near3's plain ruler by itself, at about half
 * the cost. A feature's share is its part of the squared distances.
 */
export const knn: RecordDetector = {
  name: 'knn',
  title: 'Records where no reference record lies, by plain distance: near3 without its local and its whitened ruler, cheaper.',
  kind: 'record',
  usesBank: true,
  fit: async ({ whitening: { d }, bank: { m, rows } }) => {
    if (m < K) throw new Error(`knn needs at least ${K} reference rows, got ${m}`)
    const perRange = reciprocalRanges(rows, d)
    const bank = rows.map((value, at) => value * perRange[at % d])
    return { scalars: {}, tensors: { perRange: { shape: [d], data: perRange }, bank: { shape: [m, d], data: bank } } }
  },
  graph: (fitted, builder, { standardised }) => {
    const { m, d, perRange, bank } = fromFitted(fitted)
    const ranged = builder.node('Mul', [standardised, builder.constant([d], Float32Array.from(perRange))])
    return meanOver(builder, neighboursGraph(builder, ranged, bank, m, K).distances, K)
  },
  score: (fitted, whitening, row) => look(fitted, whitening, row).score,
  explain: (fitted, whitening, row) => {
    const { standardised, ranged, bank, found, score } = look(fitted, whitening, row)
    const part = parts(differences(ranged, bank, found), squared)
    return Array.from(standardised, (sigma, index) => ({ index, share: score * part[index], sigma }))
  },
}

/** A row with its neighbours in the bank. */
const look = (fitted: Fitted, whitening: Whitening, row: Float64Array) => {
  const { d, perRange, bank } = fromFitted(fitted)
  const standardised = standardise(row, 1, whitening)
  const ranged = standardised.map((value, j) => value * perRange[j])
  const found = nearest(bank, d, ranged, K)
  return { standardised, ranged, bank, found, score: found.distances.reduce((sum, distance) => sum + distance, 0) / K }
}

const fromFitted = ({ tensors }: Fitted) => {
  const [m, d] = tensors.bank?.shape ?? [0, 0]
  return { m, d, perRange: tensorData(tensors, 'perRange', d), bank: tensorData(tensors, 'bank', m * d) }
}
