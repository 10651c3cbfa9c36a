import { describe, expect, test } from 'vitest'
import { countInterval, rateInterval } from '../../calibration/count-interval.js'

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
})
