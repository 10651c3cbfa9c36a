import { describe, expect, test } from 'vitest'
import { dispersion, shareInAlarm, testRealised } from '../../calibration/realised.js'
import { mean, uniform } from './series.js'

/** Days until a Poisson stream of alerts at `rate` a day is flagged, looked at daily; Infinity if not within `days`. */
const daysToFlag = (seed: number, rate: number, budgetPerDay: number, days: number, flag: 'over' | 'under'): number => {
  const random = uniform(seed)
  let alerts = 0
  const wait = () => -Math.log(1 - random()) / rate
  let next = wait()
  for (let day = 1; day <= days; day++) {
    for (; next <= day; next += wait()) alerts++
    if (testRealised({ alerts, days: day, budgetPerDay, dispersion: 1 }).verdict === flag) return day
  }
  return Infinity
}
const flagged = (rate: number, flag: 'over' | 'under') =>
  mean(Array.from({ length: 400 }, (_, i) => Number(daysToFlag(i, rate, 1, 90, flag) < Infinity)))
const medianDays = (rate: number, flag: 'over' | 'under') =>
  Array.from({ length: 201 }, (_, i) => daysToFlag(900 + i, rate, 1, 200, flag)).sort((a, b) => a - b)[100]

describe('realised against budgeted alerts', () => {
  test('on budget it hardly ever flags in 90 days; at exactly twice the budget about 3 % do', () => {
    expect(flagged(1, 'over')).toBeLessThanOrEqual(0.005)
    expect(flagged(1, 'under')).toBeLessThanOrEqual(0.005)
    expect(flagged(2, 'over')).toBeLessThan(0.05)
  })

  test('finds four times, and a quarter of, the budget in the days that the study gives', () => {
    // Section 8: 4B in 4.3 days, B/4 in 37, B/10 in 13.
    expect(Math.abs(medianDays(4, 'over') - 4.5)).toBeLessThanOrEqual(1.5)
    expect(Math.abs(medianDays(0.25, 'under') - 37)).toBeLessThanOrEqual(8)
    expect(Math.abs(medianDays(0.1, 'under') - 13)).toBeLessThanOrEqual(4)
  })

  test('clustering asks for more evidence', () => {
    const busy = { alerts: 40, days: 10, budgetPerDay: 1 }
    expect(testRealised({ ...busy, dispersion: 1 }).verdict).toBe('over')
    expect(testRealised({ ...busy, dispersion: 3 }).over).toBeLessThan(testRealised({ ...busy, dispersion: 1 }).over)
  })

  test('silence is no evidence before it could be', () => {
    const silent = { alerts: 0, budgetPerDay: 0.1, dispersion: 1 }
    expect(testRealised({ ...silent, days: 30 }).verdict).toBe('untestable')
    expect(testRealised({ ...silent, days: 300 }).verdict).toBe('under')
    expect(testRealised({ ...silent, alerts: 20, days: 200 }).verdict).toBe('within')
  })

  test('dispersion is 1 for even counts, large for bursts, and allows for unequal stretches', () => {
    const even = Array.from({ length: 10 }, () => ({ alerts: 5, exposure: 1 }))
    expect(dispersion(even)).toBe(1)
    expect(dispersion([{ alerts: 50, exposure: 1 }, ...even.slice(1).map(() => ({ alerts: 0, exposure: 1 }))])).toBeCloseTo(50, 9)
    expect(
      dispersion([
        { alerts: 30, exposure: 3 },
        { alerts: 10, exposure: 1 },
        { alerts: 0, exposure: 0 },
      ]),
    ).toBe(1)
    expect(dispersion([{ alerts: 0, exposure: 1 }])).toBe(1)
  })

  test('a permanently open alert shows as time in alarm', () => {
    expect(shareInAlarm({ evaluations: 0, open: 0 })).toBe(0)
    expect(shareInAlarm({ evaluations: 100, open: 21 })).toBe(0.21)
  })
})
