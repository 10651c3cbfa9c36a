/** Gamma distribution with rate 1: Numerical Recipes section 6.2 (series below a + 1, Lentz's continued fraction above). */

const LANCZOS = [76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2, -0.5395239384953e-5]

/** ln Gamma(x) for x > 0 (Lanczos; relative error of Gamma below 2e-10). */
export const lnGamma = (x: number): number => {
  const base = x + 5.5 - (x + 0.5) * Math.log(x + 5.5)
  const series = LANCZOS.reduce((sum, coefficient, i) => sum + coefficient / (x + 1 + i), 1.000000000190015)
  return Math.log((2.5066282746310007 * series) / x) - base
}

/** P(a, x), the share of a Gamma(a, 1) variable below x; a > 0, x >= 0. */
export const gammaCdf = (a: number, x: number): number => {
  if (x <= 0) return 0
  const front = Math.exp(a * Math.log(x) - x - lnGamma(a))
  return x < a + 1 ? front * lowerSeries(a, x) : 1 - front * upperFraction(a, x)
}

/** ln of the share above x: finite where the share itself would be 0. */
export const lnGammaTail = (a: number, x: number): number => {
  if (x <= 0) return 0
  if (x < a + 1) return Math.log1p(-gammaCdf(a, x))
  return a * Math.log(x) - x - lnGamma(a) + Math.log(upperFraction(a, x))
}

const lowerSeries = (a: number, x: number): number => {
  let term = 1 / a
  let sum = term
  for (let n = 1; term > sum * 1e-16; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum
}

const upperFraction = (a: number, x: number): number => {
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 10_000; n++) {
    const an = n * (a - n)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return fraction
}

/** The value below which a Gamma(a, 1) variable falls with chance p in (0, 1). For a small a it may round to 0. */
export const gammaQuantile = (a: number, p: number): number => {
  // Near 0, P(a, x) = x^a / Gamma(a + 1): exact enough for the tiny quantiles of a small a.
  const nearZero = Math.exp((Math.log(p) + lnGamma(a + 1)) / a)
  if (nearZero < 1e-12) return nearZero
  let low = Math.log(nearZero)
  let high = Math.log(a + 10 * Math.sqrt(a) + 10 - Math.log(1 - p))
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (gammaCdf(a, Math.exp(middle)) < p) low = middle
    else high = middle
  }
  return Math.exp((low + high) / 2)
}
