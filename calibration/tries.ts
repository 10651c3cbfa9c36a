import { lnGammaTail } from './gamma.js'

/** Chance that the intervals leave on each side, all tries together: they are 90 % intervals. */
export const MISSED = 0.05

/**
 * How many settings data can answer for: K = budget x days is the number of alerts that the budget allows inside them. The 90 % interval of
 * each of m tries must leave out 0.05 / m on either side for all m to hold together (Bonferroni). While a try that opens K alerts can still
 * rule out twice the budget, P(Poisson(2K) <= K) < 0.05 / m, the data can answer it. 0: not even one (K below about 6).
 */
export const mostTries = (k: number): number => Math.max(0, Math.ceil(MISSED / Math.exp(lnGammaTail(k + 1, 2 * k))) - 1)
