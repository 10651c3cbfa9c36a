import { gammaQuantile } from './gamma.js'
import { MISSED } from './tries.js'

/** 90 % interval of the rate per day at which n events in so many days come; of each of so many tries such that all hold together. */
export const rateInterval = (n: number, days: number, tries = 1): readonly [number, number] => [
  n === 0 ? 0 : gammaQuantile(n, MISSED / tries) / days,
  gammaQuantile(n + 1, 1 - MISSED / tries) / days,
]

/**
 * 90 % interval of a count that is expected to be `expected`, where the limit was itself set by `counted` events: Poisson around
 * expected x Gamma(counted)/counted, which is a negative binomial.
 */
export function countInterval(expected: number, counted: number): readonly [number, number] {
  const chance = expected / (counted + expected)
  let logTerm = counted * Math.log(1 - chance)
  let below = 0
  let least: number | undefined
  for (let n = 0; ; n++) {
    below += Math.exp(logTerm)
    if (least === undefined && below >= 0.05) least = n
    if (below >= 0.95) return [least ?? n, n]
    logTerm += Math.log((chance * (n + counted)) / (n + 1))
  }
}
