import type { RateMap } from './calibration.js'
import type { EpisodeCurve, Steps } from './episode-curve.js'
import { partitionPoint } from './order-statistics.js'

/**
 * lambda(x): alerts per day that a detector opens on clean data with its threshold at x, as a continuous, never rising
 * function of x. It follows the episode curve (interpolated in ln count) and, above the value with 20 episodes, an exponential
 * tail fitted to the largest ones: the study (section 2) found a generalised Pareto no better. Scores below the curve's highest
 * point go on at the same slope: were they all given its count, a bar for more alerts than one detector can open would be
 * under all of that detector's scores.
 */

/** Episodes that the tail is fitted to. */
const TAIL_EPISODES = 20
/** Counts up to here keep their own breakpoint; above, breakpoints lie at equal ratios. */
const EXACT_COUNTS = 100
const THINNED_COUNTS = 100
/** lambda is never 0: below this it says nothing. The floor also keeps one wild reference score from stretching the combined tail. */
const MIN_RATE_PER_DAY = 1e-12
const MAX_RATE_PER_DAY = 1e12
/** Between these a = -log10 lambda lies, in decades. */
export const LEAST_DECADES = -Math.log10(MAX_RATE_PER_DAY)
export const MOST_DECADES = -Math.log10(MIN_RATE_PER_DAY)

/**
 * The map of a curve that opens at least one episode. At most 200 breakpoints: between two of them, above a count of 100,
 * the count differs by a few per cent, well below its own sampling error.
 * With fewer than 20 episodes the tail starts at the last breakpoint; with ties at the first that has 20 or more.
 * @param price each episode counts this many times
 */
export const rateMap = (curve: EpisodeCurve, price = 1): RateMap =>
  mapOfSteps(
    curve.steps(),
    (start) => {
      const maxima = curve.maximaAbove(start)
      return maxima.reduce((sum, max) => sum + (max - start) / maxima.length, 0)
    },
    price,
  )

/**
 * The map of the curves that some maps were made from (at the same price), counted together: episodes at a score add up. Exact up to 100
 * episodes of each but for the tail, where each rise of the count is taken for one episode's largest value; above, within what thinning leaves.
 */
export const mergeMaps = (priced: readonly RateMap[], price = 1): RateMap => {
  const maps = priced.map((map) => ({ ...map, counts: map.counts.map((count) => count / price), tailCount: map.tailCount / price }))
  const { scores, counts } = rising(
    Float64Array.from(new Set(maps.flatMap((map) => [...map.scores])))
      .sort()
      .reverse(),
    (score) => maps.reduce((sum, map) => sum + stepAt(map, score), 0),
  )
  const meanExcess = (start: number) => {
    const above = partitionPoint(scores, (score) => score > start)
    const excess = (i: number) => (scores[i] - start) * (counts[i] - (counts[i - 1] ?? 0))
    return Array.from({ length: above }, (_, i) => excess(i) / counts[above - 1]).reduce((sum, part) => sum + part, 0)
  }
  return mapOfSteps({ scores, counts }, meanExcess, price)
}

/** The scores at which the count rises; interpolated counts may differ by a rounding alone. */
const rising = (falling: Float64Array, countAtScore: (score: number) => number): Steps => {
  let highest = 0
  const kept = Array.from(falling, (score) => ({ score, count: countAtScore(score) })).filter(({ count }) => {
    if (count <= highest) return false
    highest = count
    return true
  })
  return { scores: Float64Array.from(kept, ({ score }) => score), counts: Float64Array.from(kept, ({ count }) => count) }
}

/** Episodes of the curve itself with the bar just below a score: no tail, 0 above its highest score. */
export const stepAt = (map: RateMap, score: number): number => {
  const reached = partitionPoint(map.scores, (breakpoint) => breakpoint >= score)
  if (reached === 0) return 0
  const count = map.counts[reached - 1]
  return count < EXACT_COUNTS || map.scores[reached - 1] === score ? count : Math.min(mostEpisodes(map), countAt(map, score))
}

const mapOfSteps = (steps: Steps, meanExcess: (start: number) => number, price: number): RateMap => {
  const start = Math.min(steps.counts.length - 1, firstReaching(steps.counts, TAIL_EPISODES))
  const tailStart = steps.scores[start]
  const { scores, counts } = thin(steps)
  return {
    scores,
    counts: counts.map((count) => price * count),
    tailStart,
    // Where all large scores tie there is no excess to measure: then a few float32 roundings make a score "higher".
    tailScale: Math.max(meanExcess(tailStart), 1e-6 * Math.abs(tailStart), Number.MIN_VALUE),
    tailCount: price * steps.counts[start],
  }
}

const thin = ({ scores, counts }: Steps): Steps => {
  const highest = counts[counts.length - 1]
  const ratio = Math.max(1, highest / EXACT_COUNTS) ** (1 / THINNED_COUNTS)
  const kept: number[] = []
  for (let i = 0, next = 0; i < counts.length; i++) {
    if (counts[i] < next && counts[i] !== highest) continue
    kept.push(i)
    next = counts[i] < EXACT_COUNTS ? 0 : counts[i] * ratio
  }
  return { scores: Float64Array.from(kept, (i) => scores[i]), counts: Float64Array.from(kept, (i) => counts[i]) }
}

/** Episodes at the highest point of the curve: no bar opens more. */
export const mostEpisodes = (map: RateMap): number => map.counts[map.counts.length - 1]

/** Expected episodes inside the calibration span with the bar at `score`. */
const countAt = (map: RateMap, score: number): number => {
  const { scores, counts, tailStart, tailScale, tailCount } = map
  if (score > tailStart) return tailCount * Math.exp((tailStart - score) / tailScale)
  const i = countHigher(scores, score)
  // Below the curve's highest point: no rate of alerts any more, but still an order of scores.
  if (i === scores.length) return counts[i - 1] * Math.exp((scores[i - 1] - score) / tailScale)
  if (i === 0) return counts[0]
  const share = (scores[i - 1] - score) / (scores[i - 1] - scores[i])
  return counts[i - 1] * (counts[i] / counts[i - 1]) ** share
}

/** How many breakpoints are above the score: `partitionPoint` without a call per step, for it is asked of every record. */
const countHigher = (falling: Float64Array, score: number): number => {
  let low = 0
  let high = falling.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (falling[middle] > score) low = middle + 1
    else high = middle
  }
  return low
}

/** The bar just below which the episode curve itself (no tail) has `count` episodes, interpolated; at most the lowest breakpoint. */
export const scoreWith = (map: RateMap, count: number): number => {
  const { scores, counts } = map
  const i = firstReaching(counts, count)
  if (i === counts.length) return scores[i - 1]
  if (i === 0) return scores[0]
  const share = Math.log(count / counts[i - 1]) / Math.log(counts[i] / counts[i - 1])
  return scores[i - 1] + share * (scores[i] - scores[i - 1])
}

/** lambda at a score, alerts per day: finite, never 0, never rising with the score. */
export const rateAt = (map: RateMap, score: number, spanDays: number): number =>
  Math.min(MAX_RATE_PER_DAY, Math.max(MIN_RATE_PER_DAY, countAt(map, score) / spanDays))

/**
 * a = -log10 lambda of a score, in decades: -12 to 12. A rate that is interpolated in ln count has a logarithm that is a polyline,
 * so that what is asked of every record needs no logarithm.
 */
export const decadesOf = (map: RateMap, spanDays: number): ((score: number) => number) => {
  const { scores, counts, tailStart, tailScale, tailCount } = map
  const decades = counts.map((count) => -Math.log10(count / spanDays))
  const tailDecades = -Math.log10(tailCount / spanDays)
  const beyond = (excess: number): number => (excess / tailScale) * Math.LOG10E
  const last = scores.length - 1
  const at = (score: number): number => {
    if (score > tailStart) return tailDecades + beyond(score - tailStart)
    const i = countHigher(scores, score)
    if (i > last) return decades[last] - beyond(scores[last] - score)
    if (i === 0) return decades[0]
    return decades[i] + ((score - scores[i]) / (scores[i - 1] - scores[i])) * (decades[i - 1] - decades[i])
  }
  return (score) => Math.min(MOST_DECADES, Math.max(LEAST_DECADES, at(score)))
}

/** The score with lambda = `rate`: the inverse of `rateAt` for rates between its bounds. */
export const scoreAt = (map: RateMap, rate: number, spanDays: number): number => {
  const count = rate * spanDays
  if (count <= map.tailCount) return tailScore(map, count)
  return scoreWith(map, count) - map.tailScale * Math.log(Math.max(1, count / mostEpisodes(map)))
}

/** The score that the exponential tail gives `count` episodes (0 < count <= tailCount). */
export const tailScore = (map: RateMap, count: number): number => map.tailStart + map.tailScale * Math.log(map.tailCount / count)

const firstReaching = (counts: Float64Array, count: number): number => partitionPoint(counts, (reached) => reached < count)
