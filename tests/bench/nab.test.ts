import { describe, expect, it } from 'vitest'
import { readNab, seriesOf } from '../../bench/nab/corpus.js'
import { alarmsOf, rowsPerDay, watchSeries } from '../../bench/nab/experiment.js'
import { nabReport } from '../../bench/nab/report.js'
import { countNab, nabScore, pooledNab, probationOf, profiles, rawNab } from '../../bench/nab/scorer.js'

const MINUTES = 60_000

describe("NAB's scorer", () => {
  it.each([
    ['standard', 0.7556574440452667, 87.78287220226333],
    ['low_fp', 0.5571674160124425, 77.85837080062213],
    ['low_fn', 0.7556574440452667, 91.85524813484221],
  ])('gives what the benchmark gives for 40 rows, a window and four alarms: %s', (name, raw, score) => {
    const profile = profiles.find((one) => one.name === name)!
    const counts = countNab([8, 23, 25, 33], [[20, 29]], 40)
    expect(rawNab(counts, profile)).toBeCloseTo(raw, 9)
    expect(nabScore(counts, profile)).toBeCloseTo(score, 8)
  })

  it('leaves the probation out: 15 % of a series, at most 750 rows', () => {
    expect([probationOf(40), probationOf(1127), probationOf(22_695)]).toEqual([6, 169, 750])
    expect(countNab([5], [[20, 29]], 40)).toMatchObject({ found: 0, falseAlarms: 0 })
  })

  it('gives 0 for silence and 100 for an alarm at the first row of every window', () => {
    const windows = [[20, 29] as const, [60, 69] as const]
    for (const profile of profiles) {
      expect(nabScore(countNab([], windows, 100), profile)).toBe(0)
      expect(nabScore(countNab([20, 60], windows, 100), profile)).toBeCloseTo(100, 9)
    }
  })

  it('takes a full price for an alarm before any window or long after one, and less just after it', () => {
    const price = (row: number) => countNab([row], [[20, 29]], 200).price
    expect([price(30), price(32), price(199)]).toEqual([expect.closeTo(Math.tanh(2.5 / 9), 9), expect.closeTo(Math.tanh(7.5 / 9), 9), 1])
    expect(countNab([30], [[50, 60]], 200).price).toBe(1)
  })

  it('pools series', () => {
    const one = countNab([20], [[20, 29]], 100)
    expect(pooledNab([one, countNab([], [[5, 9]], 20)])).toEqual({ ...one, windows: 2 })
  })
})

describe("NAB's series", () => {
  const csv = 'timestamp,value\n2014-01-01 00:00:00,1\n2014-01-01 00:05:00,2.5\n2014-01-01 00:10:00,3\n2014-01-01 00:15:00,4\n'

  it('have rows and label windows, both ends included', () => {
    const { times, values, windows } = seriesOf('x', csv, [['2014-01-01 00:05:00.000000', '2014-01-01 00:10:00.000000']])
    expect([...values]).toEqual([1, 2.5, 3, 4])
    expect(times[1] - times[0]).toBe(5 * MINUTES)
    expect(windows).toEqual([[1, 2]])
  })

  it('must be there', async () => {
    await expect(readNab('nowhere')).rejects.toThrow(/nowhere holds no labels/)
  })
})

describe('the evaluation on NAB', () => {
  const n = 1200
  const series = {
    name: 'wave',
    times: Float64Array.from({ length: n }, (_, row) => Date.UTC(2014, 0, 1) + 5 * MINUTES * row),
    values: Float64Array.from(
      { length: n },
      (_, row) => Math.sin(row / 20) + 0.05 * Math.sin(row * row) + (row >= 900 && row < 920 ? 3 : 0),
    ),
    windows: [[880, 940] as const],
  }

  it('finds a jump in a wave by the wave itself, through the shipped replay', async () => {
    expect(rowsPerDay(series)).toBe(288)
    const watched = await watchSeries(series)
    expect(watched.scores.slice(0, probationOf(n)).every((score) => score === Number.NEGATIVE_INFINITY)).toBe(true)
    expect(watched.alerts.some((row) => row >= 900 && row < 920)).toBe(true)
    const report = nabReport([watched, watched])
    expect(Number(/metric nab_standard (\S+)/.exec(report)?.[1])).toBeGreaterThan(50)
    expect(report).toMatch(/metric nab_oracle_low_fn \d/)
  })

  it('keeps alarms apart by hours', () => {
    const scored = { series, scores: new Float64Array(n).fill(2) }
    expect(alarmsOf(scored, 2, 12).slice(0, 3)).toEqual([0, 144, 288])
    expect(alarmsOf(scored, 2.1, 12)).toEqual([])
  })
})
