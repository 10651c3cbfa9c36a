import { lnGamma, lnGammaTail } from './gamma.js'

/** Points of a table, closer near 0: between them a straight line errs by less than a thousandth. */
const POINTS = 512
/** Above it, where chances are below 1e-300, the difference stays what it is. */
const FARTHEST = 1400
const MOST_STEPS = 100

/**
 * The map from a chi-square with few degrees of freedom to the value that one with more exceeds as rarely (a quantile match). D² over some
 * of the features thus becomes comparable with D² over all. Rises; is the identity where the degrees are the same, 0 where there are none.
 */
export function chiSquareMatch(few: number, many: number): (score: number) => number {
  if (few === many) return (score) => score
  if (few === 0) return () => 0
  const end = 2 * few + FARTHEST
  const points = Float64Array.from({ length: POINTS + 1 }, (_, i) => end * (i / POINTS) ** 2)
  const matched = new Float64Array(POINTS + 1)
  for (let i = 1; i <= POINTS; i++) {
    const start = i === 1 ? many : matched[i - 1] + points[i] - points[i - 1]
    matched[i] = reaching(many / 2, lnGammaTail(few / 2, points[i] / 2), start / 2) * 2
  }
  return (score) => {
    if (!(score > 0)) return 0
    if (score >= end) return score + matched[POINTS] - end
    const place = Math.sqrt(score / end) * POINTS
    const i = Math.min(POINTS - 1, Math.floor(place))
    const part = (score - points[i]) / (points[i + 1] - points[i])
    return matched[i] + part * (matched[i + 1] - matched[i])
  }
}

/** Where the logarithm of a Gamma(a, 1) variable's tail, a >= 1, is `target`: it is concave, so Newton's steps end up on one side and settle. */
function reaching(a: number, target: number, start: number): number {
  let x = start
  for (let step = 0; step < MOST_STEPS; step++) {
    const tail = lnGammaTail(a, x)
    const slope = -Math.exp((a - 1) * Math.log(x) - x - lnGamma(a) - tail)
    const next = Math.max(x / 2, x - (tail - target) / slope)
    if (Math.abs(next - x) <= 1e-12 * x) return next
    x = next
  }
  return x
}
