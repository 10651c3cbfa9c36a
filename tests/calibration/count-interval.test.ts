import { describe, expect, test } from 'vitest'
import { countInterval, rateInterval } from '../../calibration/count-interval.js'
import { mostTries } from '../../calibration/tries.js'

describe('intervals of counts', () => {
  test('of a rate are the exact ones of Garwood', () => {
    // 90 %: none seen, at most 3.00; ten seen, 5.43 to 16.96.
    expect(rateInterval(0, 1)).toEqual([0, expect.closeTo(2.9957, 3)])
    expect(rateInterval(10, 1)).toEqual([expect.closeTo(5.4254, 3), expect.closeTo(16.9622, 3)])
    expect(rateInterval(10, 2)[0]).toBeCloseTo(5.4254 / 2, 3)
  })

  test('of a count under a limit that was counted itself are wider than Poisson’s, and near it when much was counted', () => {
    expect(countInterval(8, 8)).toEqual([2, 15])
    expect(countInterval(8, 1e9)).toEqual([4, 13])
    const [least, most] = countInterval(10_000, 10_000)
    expect(Math.abs(least - (10_000 - 1.645 * Math.sqrt(20_000)))).toBeLessThan(5)
    expect(Math.abs(most - (10_000 + 1.645 * Math.sqrt(20_000)))).toBeLessThan(5)
  })

  test('of several tries hold together: each leaves out its part of the ten per cent', () => {
    // Bisection on sums of Poisson probabilities, in Python.
    expect(rateInterval(15, 1, 25)).toEqual([expect.closeTo(6.230691, 5), expect.closeTo(29.949493, 5)])
    expect(rateInterval(10, 1, 3)).toEqual([expect.closeTo(4.481435, 5), expect.closeTo(19.182545, 5)])
    expect(rateInterval(0, 1, 25)).toEqual([0, expect.closeTo(6.214608, 5)])
  })

  test('tell how many tries can be told from twice the budget', () => {
    // 0.05 / P(Poisson(2K) <= K) = 0.745, 1.09, 2.27, 4.62, 25.67, 135.76, 3527.5 (sums of Poisson probabilities, in Python).
    expect([5, 6, 8, 10, 15, 20, 30].map(mostTries)).toEqual([0, 1, 2, 4, 25, 135, 3527])
    for (const k of [6, 8, 15, 20]) {
      expect(rateInterval(k, 1, mostTries(k))[1]).toBeLessThan(2 * k)
      expect(rateInterval(k, 1, mostTries(k) + 1)[1]).toBeGreaterThan(2 * k)
    }
    expect(mostTries(1e5)).toBe(Number.POSITIVE_INFINITY)
    expect(mostTries(0.01)).toBe(0)
  })
})
