import { gammaQuantile } from './gamma.js'
import { normalQuantile } from './normal.js'
import { quantile, sorted } from './order-statistics.js'

/** Sums and sums of squares of rows, d each, in deviations of the reference. */
export interface Sums {
  readonly sums: Float64Array
  readonly squares: Float64Array
}

/** What rows are expected to be, d each. */
export interface Expected {
  /** 0: the feature is constant, and not looked at. */
  readonly scale: Float64Array
  readonly mean: Float64Array
  readonly variance: Float64Array
  /** Inverse of the correlations, row-major d x d. */
  readonly precision: Float64Array
}

/** How far some rows lie from what is expected. Of independent normal rows each is chi-square: with one degree of freedom, `together` with d. */
export interface Departure {
  /** Largest over the features: squared shift of the mean, given how the other features have moved (regression-adjusted, Hawkins 1991). */
  readonly shift: number
  /** Largest over the features: of the variance. */
  readonly spread: number
  /** T² of the mean. */
  readonly together: number
}

/** Of n rows. */
export function departureOf({ sums, squares }: Sums, n: number, { scale, mean, variance, precision }: Expected): Departure {
  const d = sums.length
  const moved = new Float64Array(d)
  let [shift, spread, together] = [0, 0, 0]
  for (let j = 0; j < d; j++) {
    if (scale[j] === 0) continue
    const level = sums[j] / n
    moved[j] = (level - mean[j]) / Math.sqrt(variance[j])
    spread = Math.max(spread, (n / 2) * ((squares[j] / n - level * level) / variance[j] - 1) ** 2)
  }
  for (let i = 0; i < d; i++) {
    let pull = 0
    for (let j = 0; j < d; j++) pull += precision[i * d + j] * moved[j]
    shift = Math.max(shift, (n * pull * pull) / precision[i * d + i])
    together += n * pull * moved[i]
  }
  return { shift, spread, together }
}

/** Whether it is at most so many times each of the limits. */
export const isWithin = ({ shift, spread, together }: Departure, limits: Departure, times: number): boolean =>
  shift <= times * limits.shift && spread <= times * limits.spread && together <= times * limits.together

/** Of spans of independent normal rows: the share that is beyond the limit of one feature, and beyond that of all together. */
const BEYOND_EACH = 1 / 5000
const BEYOND_TOGETHER = 1 / 1000
/** Of the reference's own: the share that may be. */
const BEYOND_OWN = 0.01

/**
 * What is farther than is usual for the reference, and than it hardly ever is of independent normal rows. The limit of one feature is the same
 * however many there are, so that the drift that is still followed is.
 */
export function limitsOf(own: readonly Departure[], features: number): Departure {
  const usual = (key: keyof Departure) => quantile(sorted([Float64Array.from(own, (departure) => departure[key])]), 1 - BEYOND_OWN)
  const each = normalQuantile(1 - BEYOND_EACH / 2) ** 2
  return {
    shift: Math.max(each, usual('shift')),
    spread: Math.max(each, usual('spread')),
    together: Math.max(2 * gammaQuantile(features / 2, 1 - BEYOND_TOGETHER), usual('together')),
  }
}

export const unlimited: Departure = {
  shift: Number.POSITIVE_INFINITY,
  spread: Number.POSITIVE_INFINITY,
  together: Number.POSITIVE_INFINITY,
}
