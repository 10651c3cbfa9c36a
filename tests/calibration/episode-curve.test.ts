import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EpisodeCurve, episodeCurve } from '../../calibration/episode-curve.js'

/** The definition, replayed: an alert opens on a value over the bar with none over it in the `gap` before. */
const replay = (runs: readonly Float64Array[], gap: number, c: number): number =>
  runs.reduce(
    (count, run) => count + run.filter((a, t) => a > c && !run.subarray(Math.max(0, t - gap), t).some((before) => before > c)).length,
    0,
  )

// Whole numbers make ties, at the bar too.
const runsOf = fc.array(
  fc.array(fc.integer({ min: -3, max: 6 }), { maxLength: 40 }).map((run) => Float64Array.from(run)),
  { maxLength: 5 },
)

describe('episode curve', () => {
  test('counts what a replay of the alarm counts, at every bar', () => {
    fc.assert(
      fc.property(runsOf, fc.integer({ min: 0, max: 8 }), (runs, gap) => {
        const curve = episodeCurve(runs, gap)
        for (let c = -4; c <= 7; c += 0.5) expect(curve.countAt(c)).toBe(replay(runs, gap, c))
      }),
      { numRuns: 300 },
    )
  })

  test('pooled curves add up', () => {
    fc.assert(
      fc.property(runsOf, runsOf, fc.integer({ min: 0, max: 5 }), (some, others, gap) => {
        const pooled = EpisodeCurve.pool([episodeCurve(some, gap), episodeCurve(others, 2)])
        for (let c = -4; c <= 7; c += 0.5) expect(pooled.countAt(c)).toBe(replay(some, gap, c) + replay(others, 2, c))
      }),
    )
  })

  test('reads thresholds from the top, where the count first reaches them', () => {
    // Bars from 9 down open 1, 2, 1 (3 joins 9 and 8 into one), 2 alerts.
    const curve = episodeCurve([Float64Array.of(9, 0, 3, 0, 8, 0, 0, 0, 2)], 2)
    expect([8, 7, 2, 1, -1].map((c) => curve.countAt(c))).toEqual([1, 2, 1, 2, 1])
    expect(curve.steps()).toEqual({ scores: Float64Array.of(9, 8), counts: Float64Array.of(1, 2) })
    expect([0.5, 1, 1.5, 2, 3].map((count) => curve.valueWith(count))).toEqual([9, 9, 8, 8, undefined])
  })

  test('at each step the count just below the value is the step, and no higher bar opens as many', () => {
    fc.assert(
      fc.property(runsOf, fc.integer({ min: 0, max: 8 }), (runs, gap) => {
        const curve = episodeCurve(runs, gap)
        const { scores, counts } = curve.steps()
        scores.forEach((value, i) => {
          expect(curve.countAt(value - 0.5)).toBe(counts[i])
          for (let c = value; c <= 7; c += 0.5) expect(curve.countAt(c)).toBeLessThan(counts[i])
        })
      }),
    )
  })

  test('gives the largest value of each episode', () => {
    const curve = episodeCurve([Float64Array.of(5, 7, 1, 6, 1, 1, 1, 4, 9), Float64Array.of(1, 1), Float64Array.of(8)], 2)
    expect(curve.maximaAbove(3)).toEqual([7, 9, 8])
    expect(curve.maximaAbove(7)).toEqual([9, 8])
  })

  test('the gap joins what lies within it: a burst is one alert', () => {
    const burst = [Float64Array.of(0, 5, 0, 5, 0, 0, 5)]
    expect([0, 1, 2, 3].map((gap) => episodeCurve(burst, gap).countAt(1))).toEqual([3, 3, 2, 1])
  })
})
