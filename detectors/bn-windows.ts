import { standardisedOf, type WindowDetector, type WindowSums } from './detector.js'
import { rootTimes } from './root.js'
import {
  type Distance,
  divergence,
  fitTrained,
  type TrainedChannels,
  trainedAt,
  trainedChannels,
  trainedGraph,
  trainedShares,
  wasserstein,
} from './trained.js'

/** Pictures that the training counts as beside those of a window. */
const PRIOR = 16

/**
 * Mean and ratio of standard deviations of n pictures together, in units of the training: of their means z and the means of z^2 + r^2. Their variance
 * is that within the pictures and that of their means. Mixed with the training's own, which counts as 16 pictures (Schneider et al. 2020).
 */
export function pooled(n: number, z: number, squares: number): { z: number; ratio: number } {
  const part = n / (PRIOR + n)
  const variance = 1 - part + part * (squares - z * z) + part * (1 - part) * z * z
  return { z: part * z, ratio: Math.sqrt(Math.max(0, variance)) }
}

/** The distance of the pictures of a window together, not the mean of theirs. */
const windowsFromTraining = (name: string, title: string, distance: Distance): WindowDetector => {
  const seen = ({ weight }: TrainedChannels, { own, m }: WindowSums) => {
    const count = weight.length
    return (c: number) => pooled(m, own[c] / m, own[count + c] / m)
  }
  return {
    name,
    title,
    kind: 'window',
    usesTrained: true,
    // The training's own part depends on the number of pictures.
    shortestOnly: true,
    fit: async (reference) => fitTrained(reference),
    statistics: (fitted) => {
      const channels = trainedChannels(fitted)
      const count = channels.weight.length
      return {
        width: 2 * count,
        graph: (builder, inputs) => {
          const { z, logRatio } = trainedGraph(channels, builder, inputs)
          const [square, ratio] = [builder.node('Mul', [z, z]), builder.node('Exp', [logRatio])]
          return builder.node('Concat', [z, builder.node('Add', [square, builder.node('Mul', [ratio, ratio])])], { axis: 1 })
        },
        of: (_, beside) => {
          const standardised = standardisedOf(beside)
          const own = new Float64Array(2 * count)
          for (let c = 0; c < count; c++) {
            const { z, logRatio } = trainedAt(channels, standardised, c)
            own[c] = z
            own[count + c] = z * z + Math.exp(2 * logRatio)
          }
          return own
        },
      }
    },
    score: (fitted, sums) => {
      const channels = trainedChannels(fitted)
      const of = seen(channels, sums)
      return channels.weight.reduce((total, part, c) => {
        const { z, ratio } = of(c)
        return total + part * (distance.ofMean(z) + distance.ofRatio(ratio))
      }, 0)
    },
    explain: (fitted, { root }, sums) => {
      const channels = trainedChannels(fitted)
      const sigmas = rootTimes(root, sums.z).map((sum) => sum / sums.m)
      return trainedShares(channels, distance, seen(channels, sums), sigmas)
    },
  }
}

export const bnWassersteinWindows = windowsFromTraining(
  'bn-wasserstein-windows',
  'Windows of pictures whose channels together have other means and spreads than in the training of the backbone (W2).',
  wasserstein,
)

export const bnDivergenceWindows = windowsFromTraining(
  'bn-divergence-windows',
  'The same by the Kullback-Leibler divergence, which weighs a spread that collapses more: blur, fog.',
  divergence,
)
