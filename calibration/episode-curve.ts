import { countAbove, partitionPoint, sorted } from './order-statistics.js'
import type { Joined } from './runs.js'

/** One alarm statistic over contiguous runs of evaluations, with the gap (in evaluations) that ends an episode. */
interface Part extends Joined {
  readonly gap: number
}

/** Thresholds in falling order with the number of episodes that a bar just below each opens (rising). */
export interface Steps {
  readonly scores: Float64Array
  readonly counts: Float64Array
}

/**
 * Number of alerts opened as a function of the bar, for every bar at once (calibration study, section 2).
 *
 * A statistic a that fires when a_t > c, with episodes ended by `gap` quiet evaluations, opens an alert at t iff
 * M_t <= c < a_t, where M_t is the largest of the `gap` values before a_t. So N(c) = #{a_t > c} - #{M_t > c} over t with a_t > M_t.
 */
export class EpisodeCurve {
  /** Built by `episodeCurve` and `pool`; `openers` (a_t) and `blockers` (finite M_t) in rising order. */
  constructor(
    private readonly parts: readonly Part[],
    private readonly openers: Float64Array,
    private readonly blockers: Float64Array,
  ) {}

  /** The curves counted together, as one alarm that opens an alert whenever one of them does. */
  static pool(curves: readonly EpisodeCurve[]): EpisodeCurve {
    return new EpisodeCurve(
      curves.flatMap((curve) => curve.parts),
      sorted(curves.map((curve) => curve.openers)),
      sorted(curves.map((curve) => curve.blockers)),
    )
  }

  /** Alerts opened with the bar at c. */
  countAt(c: number): number {
    return countAbove(this.openers, c) - countAbove(this.blockers, c)
  }

  /**
   * The curve scanned from the top: each threshold where the count first exceeds all counts above it.
   * At bars below the last of them alerts merge, so the count falls again and says nothing about rarity.
   */
  steps(): Steps {
    const { openers, blockers } = this
    const scores: number[] = []
    const counts: number[] = []
    let highest = 0
    let count = 0
    let blocker = blockers.length - 1
    for (let opener = openers.length - 1; opener >= 0; ) {
      const value = openers[opener]
      for (; opener >= 0 && openers[opener] === value; opener--) count++
      for (; blocker >= 0 && blockers[blocker] >= value; blocker--) count--
      if (count <= highest) continue
      highest = count
      scores.push(value)
      counts.push(count)
    }
    return { scores: Float64Array.from(scores), counts: Float64Array.from(counts) }
  }

  /** The value at which the count, scanned from the top, first reaches `count`; undefined when it never does. */
  valueWith(count: number): number | undefined {
    const { scores, counts } = this.steps()
    return scores[partitionPoint(counts, (reached) => reached < count)]
  }

  /** The largest value of each episode that a bar at c opens. */
  maximaAbove(c: number): number[] {
    return this.parts.flatMap(({ runs, pasts, gap }) => runs.flatMap((run, i) => episodeMaxima(run, pasts[i], gap, c)))
  }
}

/** One pass over the runs with a monotone queue. A run starts with no alert open but what its past (none) leaves open. */
export const episodeCurve = (
  runs: readonly Float64Array[],
  gap: number,
  pasts: readonly number[] = Array(runs.length).fill(0),
): EpisodeCurve => {
  const openers: number[] = []
  const blockers: number[] = []
  for (const [i, run] of runs.entries()) collectPairs(run, pasts[i], gap, openers, blockers)
  return new EpisodeCurve([{ runs, pasts, gap }], Float64Array.from(openers).sort(), Float64Array.from(blockers).sort())
}

/** Appends a_t and M_t of every t behind the past with a_t > M_t. The queue holds positions of falling values, the window's largest first. */
const collectPairs = (run: Float64Array, past: number, gap: number, openers: number[], blockers: number[]): void => {
  const queue = new Int32Array(run.length)
  let first = 0
  let end = 0
  for (let t = 0; t < run.length; t++) {
    const value = run[t]
    if (first < end && queue[first] < t - gap) first++
    const before = first < end ? run[queue[first]] : -Infinity
    if (value > before && t >= past) {
      openers.push(value)
      if (before > -Infinity) blockers.push(before)
    }
    while (end > first && run[queue[end - 1]] <= value) end--
    queue[end++] = t
  }
}

/** Of the episodes that open behind the past. */
const episodeMaxima = (run: Float64Array, past: number, gap: number, c: number): number[] => {
  const maxima: number[] = []
  let lastFired = -Infinity
  run.forEach((value, t) => {
    if (value <= c) return
    if (t >= past && t - lastFired > gap) maxima.push(value)
    else if (value > maxima[maxima.length - 1]) maxima[maxima.length - 1] = value
    lastFired = t
  })
  return maxima
}
