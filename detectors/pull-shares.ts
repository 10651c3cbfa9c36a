import type { FeatureShare } from './detector.js'

/**
 * Shares of a score u^T A u: u_j (A u)_j, its Shapley values with absent features at their means (Mayrhofer and Filzmoser 2023).
 * They sum to the score; a negative one makes the record less unusual.
 */
export const pullShares = (standardised: Float64Array, pull: Float64Array): FeatureShare[] =>
  Array.from(standardised, (sigma, index) => ({ index, share: sigma * pull[index], sigma }))
