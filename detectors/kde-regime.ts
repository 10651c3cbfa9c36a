/** More makes the density next to that of one Gaussian: the bandwidth is as large as what it is to resolve. In standard deviations. */
const WIDEST = 0.75
/** A little above the regime's edge, where sums are still heavy-tailed. */
const MARGIN = 1.1
/** Of Silverman's rule, which is for one normal heap and would blur several. */
const PART = 0.5

/**
 * Bandwidths at which a Gaussian kernel density of n rows of k independent standard normal coordinates changes its nature, at a typical
 * point (Biroli and Mézard 2024, by the random energy model): below `few` the nearest rows alone make it; above `many` so many that a law of large
 * numbers holds; between them its value is heavy-tailed.
 */
export const regimeOf = (n: number, k: number): { readonly few: number; readonly many: number } => {
  const wanted = Math.log(n) / k
  let [low, high] = [1e-9, 1e15]
  while (high / low > 1 + 1e-14) {
    const middle = Math.sqrt(low * high)
    if (rate(middle) < wanted) low = middle
    else high = middle
  }
  return { few: 1 / Math.sqrt(low), many: Math.SQRT2 / Math.sqrt(low) }
}

const rate = (u: number): number => (Math.log1p(u) - u / (1 + u) ** 2) / 2

/** Half of Silverman's, but never below the regime in which many rows make the density. In standard deviations of the coordinates. */
export const bandwidthOf = (n: number, k: number): number =>
  Math.max(MARGIN * regimeOf(n, k).many, PART * (4 / ((k + 2) * n)) ** (1 / (k + 4)))

/** In how many coordinates n rows make a density, at most `most`: a bandwidth that is wide enough must still resolve something. */
export const mostDimensions = (n: number, most: number): number => {
  let k = 0
  while (k < most && bandwidthOf(n, k + 1) <= WIDEST) k++
  return k
}
