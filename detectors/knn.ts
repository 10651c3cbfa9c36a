import type { Bank, RecordDetector } from './detector.js'
import { differences, parts, squared } from './neighbour-parts.js'
import { nearest, nearestOthers } from './neighbours.js'
import { meanOver, neighboursGraph } from './neighbours-graph.js'
import { reciprocalRanges } from './ranges.js'
import { standardise } from './standardisation.js'
import { type Fitted, type Tensor, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** In ranges of the features, the mean of 3 was the best plain one of the default detector study: larger k always lost. */
const K = 3
/** Which neighbour of a reference row tells how far apart rows lie there; nearer ones than `LEAST` do not: float32 would choose among them. */
const OWN = 5
const LEAST = 1e-3

/** What knn and knn-local have in common: the latter has weights of the bank's rows too. */
const scoring: Pick<RecordDetector, 'graph' | 'score' | 'explain'> = {
  graph: (fitted, builder, { standardised }) => {
    const { m, d, perRange, bank, weights } = fromFitted(fitted)
    const ranged = builder.node('Mul', [standardised, builder.constant([d], Float32Array.from(perRange))])
    return meanOver(builder, neighboursGraph(builder, ranged, bank, m, K, weights).distances, K)
  },
  score: (fitted, whitening, row) => look(fitted, whitening, row).score,
  explain: (fitted, whitening, row) => {
    const { standardised, ranged, bank, found, score } = look(fitted, whitening, row)
    const part = parts(differences(ranged, bank, found), squared)
    return Array.from(standardised, (sigma, index) => ({ index, share: score * part[index], sigma }))
  },
}

/**
 * Mean distance to the 3 nearest of up to 2,000 reference rows, in ranges of the features: near3's plain ruler by itself, at about half
 * the cost. A feature's share is its part of the squared distances.
 */
export const knn: RecordDetector = {
  name: 'knn',
  title: 'Records where no reference record lies, by plain distance: near3 without its local and its whitened ruler, cheaper.',
  kind: 'record',
  usesBank: true,
  costly: true,
  fit: async ({ whitening: { d }, bank }) => {
    if (bank.m < K) throw new Error(`knn needs at least ${K} reference rows, got ${bank.m}`)
    return { scalars: {}, tensors: rangedTensors(bank, d) }
  },
  ...scoring,
}

/**
 * The same with each distance divided by the square root of how far the reference row is from its own 5th neighbour, and the 3 smallest of these:
 * local scaling (Zelnik-Manor and Perona 2004) without the scale of the record itself, which would divide out what is asked for. In many
 * features a few rows, the hubs, are neighbours of everything; scaled so, they are less often (Schnitzer et al. 2012).
 */
export const knnLocal: RecordDetector = {
  name: 'knn-local',
  title: 'Records where no reference record lies, by distance beside how densely the reference lies there: knn with fewer hubs.',
  kind: 'record',
  usesBank: true,
  costly: true,
  fit: async ({ whitening: { d }, bank }, matmul) => {
    if (bank.m <= OWN) throw new Error(`knn-local needs more than ${OWN} reference rows, got ${bank.m}`)
    const tensors = rangedTensors(bank, d)
    const neighbours = await nearestOthers(tensors.bank.data, d, OWN, matmul)
    const weights = Float64Array.from(neighbours, ({ distances }) => 1 / Math.max(LEAST, distances[OWN - 1]))
    return { scalars: {}, tensors: { ...tensors, weights: { shape: [bank.m], data: weights } } }
  },
  ...scoring,
}

const rangedTensors = ({ m, rows }: Bank, d: number): Record<'perRange' | 'bank', Tensor> => {
  const perRange = reciprocalRanges(rows, d)
  return {
    perRange: { shape: [d], data: perRange },
    bank: { shape: [m, d], data: rows.map((value, at) => value * perRange[at % d]) },
  }
}

/** A row with its neighbours in the bank. */
const look = (fitted: Fitted, whitening: Whitening, row: Float64Array) => {
  const { d, perRange, bank, weights } = fromFitted(fitted)
  const standardised = standardise(row, 1, whitening)
  const ranged = standardised.map((value, j) => value * perRange[j])
  const found = nearest(bank, d, ranged, K, weights)
  return { standardised, ranged, bank, found, score: found.distances.reduce((sum, distance) => sum + distance, 0) / K }
}

const fromFitted = ({ tensors }: Fitted) => {
  const [m, d] = tensors.bank?.shape ?? [0, 0]
  const weights = tensors.weights && tensorData(tensors, 'weights', m)
  return { m, d, perRange: tensorData(tensors, 'perRange', d), bank: tensorData(tensors, 'bank', m * d), weights }
}
