import { angular } from './angular.js'
import { angularMeans, angularNpca, angularPca } from './angular-options.js'
import { blocks } from './blocks.js'
import { bnDivergence, bnWasserstein } from './bn-statistics.js'
import { bnDivergenceWindows, bnWassersteinWindows } from './bn-windows.js'
import { classes, relative } from './classes.js'
import { clusters } from './clusters.js'
import { codes } from './codes.js'
import { corruption, corruptionMeans } from './corruption.js'
import { covariance } from './covariance.js'
import { depth } from './depth.js'
import type { Detector } from './detector.js'
import { dimension } from './dimension.js'
import { discopatch } from './discopatch.js'
import { distances } from './distances.js'
import { features } from './features.js'
import { gaussian } from './gaussian.js'
import { hotelling } from './hotelling.js'
import { innovationDistances } from './innovation-distances.js'
import { innovations } from './innovations.js'
import { kde } from './kde.js'
import { knn, knnLocal } from './knn.js'
import { labelMix } from './label-mix.js'
import { levels } from './levels.js'
import { mixture } from './mixture.js'
import { mmd } from './mmd.js'
import { near3 } from './near3.js'
import { near3Means } from './near3-means.js'
import { npca } from './npca.js'
import { pca } from './pca.js'
import { geometricMean, quadraticMean } from './quadratic-mean.js'
import { sliced } from './sliced.js'
import { student } from './student.js'
import { vim } from './vim.js'

const options: readonly Detector[] = [
  pca,
  npca,
  angular,
  angularMeans,
  angularPca,
  angularNpca,
  levels,
  student,
  knn,
  knnLocal,
  clusters,
  classes,
  relative,
  blocks,
  mixture,
  features,
  mmd,
  depth,
  sliced,
  dimension,
  codes,
  kde,
  labelMix,
  vim,
  innovations,
  innovationDistances,
  near3Means,
  corruption,
  corruptionMeans,
  quadraticMean,
  geometricMean,
  discopatch,
  bnWasserstein,
  bnDivergence,
  bnWassersteinWindows,
  bnDivergenceWindows,
]

/** Every detector that a configuration can name. */
export const detectors: readonly Detector[] = [gaussian, near3, hotelling, covariance, distances, ...options]

/** What watches where the configuration does not say: needs no tuning. */
export const defaultDetectors: readonly string[] = [gaussian, near3, hotelling, covariance, distances].map(({ name }) => name)

/** The same for pictures (image study, section 1): what they show, and how well. */
export const pictureDetectors: readonly string[] = [angular, corruption, hotelling, corruptionMeans].map(({ name }) => name)

/** @throws Error listing the known names. */
export const detectorByName = (name: string): Detector => {
  const found = detectors.find((detector) => detector.name === name)
  if (found === undefined)
    throw new Error(`detector '${name}' is unknown, expected one of: ${detectors.map((known) => known.name).join(', ')}`)
  return found
}

/** Whether any of them scores windows. */
export const scoresWindows = (names: readonly string[]): boolean => names.some((name) => detectorByName(name).kind === 'window')
