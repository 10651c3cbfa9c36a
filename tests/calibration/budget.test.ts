import { describe, expect, test } from 'vitest'
import { barFor, sizingTable } from '../../calibration/budget.js'
import { calibrate } from '../../calibration/calibrate.js'
import type { Calibration } from '../../calibration/calibration.js'
import { decadesOf } from '../../calibration/rate-map.js'
import { arRows, squaredNorms, tenFolds } from './series.js'

const N = 20_000
const scores = squaredNorms(arRows(11, N, 8, 0.5), 8)
const options = {
  logic: { record: { k: 1, n: 1, gap: 30 }, drift: { k: 1, n: 1, gap: 4 } },
  rows: N,
  rowsPerDay: 10_000,
}
/** Two days of clean data. */
const calibration = calibrate([{ detector: 'gaussian', kind: 'record', folds: tenFolds(scores) }], options)
/** Budget with the given K. */
const withK = (k: number, passed = true) => barFor(calibration, k / 2, passed)

describe('a budget against a calibration', () => {
  // Calibration study, section 3: true rate over budget.
  test.each([
    [1, 0.05, 3.0],
    [2, 0.18, 2.4],
    [3, 0.27, 2.1],
    [5, 0.39, 1.8],
    [8, 0.5, 1.64],
    [20, 0.66, 1.39],
    [50, 0.78, 1.24],
  ])('K = %d: the true rate is %d to %d times the budget', (k, least, most) => {
    const { likely, budgetPerDay } = withK(k)
    expect(Math.abs(likely[0] / budgetPerDay - least)).toBeLessThan(0.006)
    expect(Math.abs(likely[1] / budgetPerDay - most)).toBeLessThan(0.051)
  })

  test('below K = 1 only the rule of three is left', () => {
    expect(withK(0.2)).toMatchObject({ status: 'UNVERIFIABLE', resolutionPerDay: 1.5 })
    expect(withK(0.2).likely[1]).toBe(1.5)
    expect(withK(0.999).likely[1] / withK(1).likely[1]).toBeCloseTo(1, 1)
  })

  test('status by K, refusal before all', () => {
    expect([0.5, 1, 7.9, 8, 100].map((k) => withK(k).status)).toEqual(['UNVERIFIABLE', 'PROVISIONAL', 'PROVISIONAL', 'OK', 'OK'])
    expect([0.5, 2, 20, 1e5].map((k) => withK(k, false).status)).toEqual(Array(4).fill('REFUSED'))
  })

  test('from K = 8 the bar is read off the curve, below it off the tail; it rises as the budget falls', () => {
    const { combined } = calibration
    expect(withK(10).bar).toBe(combined.scores[9])
    expect(withK(2).bar).toBeCloseTo(combined.tailStart + combined.tailScale * Math.log(combined.tailCount / 2), 12)
    const bars = [0.1, 1, 4, 7.9, 9, 20, 60, 200].map((k) => withK(k).bar)
    expect(bars).toEqual([...bars].sort((a, b) => b - a))
  })

  test('a budget of more alerts than the alarm can open meets the ceiling', () => {
    const most = calibration.combined.counts.at(-1)!
    const bar = withK(2 * most)
    expect(bar.status).toBe('CEILING')
    expect(bar.reachablePerDay! * 2).toBeLessThanOrEqual(most)
    expect(bar.sentence).toMatch(/CEILING; the alarm can open at most \d+\/day$/)
    expect(withK(20).reachablePerDay).toBeUndefined()
  })

  test('so does one that would leave more than 15 % of evaluations over the bar', () => {
    // Slow volatility: long stretches of high scores merge into long alerts.
    const volatility = arRows(99, N, 1, 0.995)
    const wild = scores.map((score, t) => score * Math.exp(volatility[t]))
    const calibrated: Calibration = calibrate([{ detector: 'gaussian', kind: 'record', folds: tenFolds(wild) }], options)
    const most = calibrated.combined.counts.at(-1)!
    const { status, bar } = barFor(calibrated, most / 2, true)
    const over = wild.filter((score) => decadesOf(calibrated.maps.gaussian, 2)(score) > bar).length / N
    expect(status).toBe('CEILING')
    expect(over).toBeGreaterThan(0.1)
    expect(over).toBeLessThan(0.18)
    expect(barFor(calibrated, 10, true).status).toBe('OK')
  })

  test('one sentence for a person', () => {
    const short = { ...calibration, spanDays: 3.2 }
    expect(barFor(short, 1, true).sentence).toBe(
      'budget 1/day, calibrated on 3.2 days: K=3.2 PROVISIONAL; true rate likely 0.29–2.1/day; reliable after 4.8 more clean days',
    )
    expect(withK(20).sentence).toBe('budget 10/day, calibrated on 2 days: K=20 OK; true rate likely 6.6–14/day')
    expect(barFor(short, 1 / 7, true).sentence).toBe(
      'budget 0.14/day, calibrated on 3.2 days: K=0.46 UNVERIFIABLE; true rate at most 0.94/day (95 %), the budget cannot be verified; reliable after 53 more clean days',
    )
    expect(withK(20, false).sentence).toMatch(/REFUSED; the halves of the reference disagree, so alerts are unbudgeted$/)
  })

  test('the sizing table runs from what cannot be verified to the ceiling', () => {
    const rows = sizingTable(calibration, true)
    expect(rows.map(({ label, status }) => `${label} ${status}`)).toEqual([
      '1/month UNVERIFIABLE',
      '1/week UNVERIFIABLE',
      '1/day PROVISIONAL',
      '3/day PROVISIONAL',
      '10/day OK',
      '1/hour OK',
      '4/hour OK',
      '1/minute CEILING',
    ])
  })
})
