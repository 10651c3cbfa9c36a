/**
 * Adjusted p of Benjamini and Hochberg's step-up (1995): those at most q are a list of which, on average, at most a share of q is there by
 * chance, where the p are independent or positively dependent.
 */
export const benjaminiHochberg = (p: readonly number[]): number[] => {
  const adjusted = new Array<number>(p.length)
  const falling = [...p.keys()].sort((a, b) => p[b] - p[a])
  falling.reduce((least, index, i) => {
    adjusted[index] = Math.min(least, (p[index] * p.length) / (p.length - i))
    return adjusted[index]
  }, 1)
  return adjusted
}
