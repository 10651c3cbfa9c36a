import type { Contribution } from './event.js'

const NAMED = 3

/**
 * The features that a person is told first: those that raise the score most. A negative share (a feature that is less
 * unusual given the others) is no cause.
 */
export const mainCauses = (contributions: readonly Contribution[]): Contribution[] =>
  contributions
    .filter(({ share }) => share > 0)
    .sort((one, other) => other.share - one.share)
    .slice(0, NAMED)

/** Whether shares say anything of features: those of a detector that knows none are equal parts. */
export const tellsFeatures = (contributions: readonly Contribution[]): boolean =>
  contributions.length < 2 || contributions.some(({ share }) => share !== contributions[0].share)

/** How often its usual spread a feature has, where that says more of it than how far its mean has moved. */
export const changedSpread = ({ sigma, spread }: Contribution): number | undefined =>
  spread !== undefined && Math.abs(spread ** 2 - 1) > sigma ** 2 ? spread : undefined
