import type { FeatureShare, RecordDetector } from './detector.js'
import { standardise } from './standardisation.js'
import type { Fitted } from './stored.js'
import { type Distance, divergence, fitTrained, trainedAt, trainedChannels, trainedGraph, trainedShares, wasserstein } from './trained.js'
import type { Whitening } from './whitening.js'

/**
 * How far a picture's channels are from what they were over the pictures that the backbone was trained on, as its batch normalisation keeps
 * it: no picture of the reference says where usual is. After ZeroQ (Cai et al. 2020), which makes pictures by these statistics.
 */
const fromTraining = (name: string, title: string, distance: Distance): RecordDetector => {
  const explain = (fitted: Fitted, whitening: Whitening, row: Float64Array): FeatureShare[] => {
    const channels = trainedChannels(fitted)
    const standardised = standardise(row, 1, whitening)
    const of = (c: number) => {
      const { z, logRatio } = trainedAt(channels, standardised, c)
      return { z, ratio: Math.exp(logRatio) }
    }
    return trainedShares(channels, distance, of, standardised)
  }
  return {
    name,
    title,
    kind: 'record',
    usesTrained: true,
    fit: async (reference) => fitTrained(reference),
    graph: (fitted, builder, inputs) => {
      const channels = trainedChannels(fitted)
      const { z, logRatio } = trainedGraph(channels, builder, inputs)
      const { weight } = channels
      const weights = builder.constant([weight.length, 1], Float32Array.from(weight))
      const score = builder.node('MatMul', [distance.graph(builder, z, logRatio), weights])
      return builder.node('Squeeze', [score, builder.constant([1], BigInt64Array.of(1n))])
    },
    score: (fitted, whitening, row) => explain(fitted, whitening, row).reduce((sum, { share }) => sum + share, 0),
    explain,
  }
}

export const bnWasserstein = fromTraining(
  'bn-wasserstein',
  'Pictures whose channels have other means and spreads than in the training of the backbone (W2); usual is not learnt from the reference.',
  wasserstein,
)

export const bnDivergence = fromTraining(
  'bn-divergence',
  'The same by the Kullback-Leibler divergence, which weighs a spread that collapses more: blur, fog.',
  divergence,
)
