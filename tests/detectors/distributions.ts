/** P(F > f) of Fisher's F with d1 and d2 degrees of freedom. */
export const fisherTail = (f: number, d1: number, d2: number): number => incompleteBeta(d2 / (d2 + d1 * f), d2 / 2, d1 / 2)

/** P(B > x) of a Beta(a, b). */
export const betaTail = (x: number, a: number, b: number): number => incompleteBeta(1 - x, b, a)

/** Largest distance of values in (0, 1) from the uniform distribution, times the square root of their number (1.95: chance of 0.1 %). */
export const kolmogorov = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  return Math.sqrt(n) * Math.max(...sorted.map((value, i) => Math.max((i + 1) / n - value, value - i / n)))
}

/** Regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun 26.5.8). */
const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  let fraction = 0
  for (let m = 200; m > 0; m--) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    fraction = even / (1 + odd / (1 + fraction))
  }
  const first = (-(a + b) * x) / (a + 1)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  return front / (1 + first / (1 + fraction))
}

/** Stirling's series after shifting the argument beyond 10. */
const logGamma = (x: number): number => {
  if (x < 10) return logGamma(x + 1) - Math.log(x)
  const inverse = 1 / (x * x)
  return (
    (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + (1 / 12 - (1 / 360 - (1 / 1260 - inverse / 1680) * inverse) * inverse) / x
  )
}
