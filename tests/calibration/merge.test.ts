import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import { calibrate } from '../../calibration/calibrate.js'
import type { Calibration } from '../../calibration/calibration.js'
import { EpisodeCurve, episodeCurve } from '../../calibration/episode-curve.js'
import { mergeCalibrations } from '../../calibration/merge.js'
import { conformalP, mergeThinned, thinScores } from '../../calibration/p-value.js'
import { mergeMaps, rateAt, rateMap } from '../../calibration/rate-map.js'
import { arRows, squaredNorms, tenFolds, uniform } from './series.js'

const logic = { record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 4 } }
const scoresOf = (seed: number, n: number) => squaredNorms(arRows(seed, n, 3, 0.5), 3)
const mapOf = (scores: Float64Array) => rateMap(episodeCurve([scores], 5))

describe('maps of several parts', () => {
  test('have the episodes of all of them together at each of up to 100 episodes', () => {
    const runs = [1, 2, 3].map((seed) => scoresOf(seed, 300 * seed))
    const merged = mergeMaps(runs.map(mapOf))
    const whole = rateMap(EpisodeCurve.pool(runs.map((run) => episodeCurve([run], 5))))
    expect(whole.counts.at(-1)).toBeGreaterThan(100)
    const exact = whole.counts.findIndex((count) => count > 30)
    expect(merged.scores.slice(0, exact)).toEqual(whole.scores.slice(0, exact))
    expect(merged.counts.slice(0, exact)).toEqual(whole.counts.slice(0, exact))
    expect(merged).toMatchObject({ tailStart: whole.tailStart, tailCount: whole.tailCount })
    expect(merged.tailScale / whole.tailScale).toBeCloseTo(1, 1)
  })

  test('at a price are merged as without, and priced', () => {
    const curves = [1, 2].map((seed) => episodeCurve([scoresOf(seed, 5000)], 5))
    const [plain, priced] = [
      mergeMaps(curves.map((curve) => rateMap(curve))),
      mergeMaps(
        curves.map((curve) => rateMap(curve, 2)),
        2,
      ),
    ]
    expect(priced).toEqual({ ...plain, counts: plain.counts.map((count) => 2 * count), tailCount: 2 * plain.tailCount })
  })

  test('are those of one where there is one, and follow the pooled curve where it is thinned', () => {
    const runs = [1, 2].map((seed) => scoresOf(seed, 50_000))
    const [first, second] = runs.map(mapOf)
    expect(mergeMaps([first])).toMatchObject({ scores: first.scores, counts: first.counts, tailStart: first.tailStart })
    const merged = mergeMaps([first, second])
    const whole = rateMap(EpisodeCurve.pool(runs.map((run) => episodeCurve([run], 5))))
    for (let score = 3; score < 14; score += 0.5) expect(rateAt(merged, score, 1) / rateAt(whole, score, 1)).toBeCloseTo(1, 1)
    expect(merged.scores.length).toBeLessThanOrEqual(201)
  })

  test('are maps whatever the parts: scores fall, counts rise', () => {
    const run = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -50, max: 50, noNaN: true })), {
      minLength: 1,
      maxLength: 400,
    })
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), (runs) => {
        const { scores, counts, tailScale } = mergeMaps(runs.map((values) => mapOf(Float64Array.from(values))))
        expect(counts.every((count, i) => count > (counts[i - 1] ?? 0))).toBe(true)
        expect(scores.every((score, i) => i === 0 || score < scores[i - 1])).toBe(true)
        expect(tailScale).toBeGreaterThan(0)
      }),
    )
  })
})

describe('p-values of several parts', () => {
  test('are those of all scores together up to 1,000 of each, ties included', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(fc.array(scores, { minLength: 1, maxLength: 4 }), (parts) => {
        const rising = parts.map((part) => Float64Array.from(part).sort())
        const all = Float64Array.from(parts.flat()).sort()
        expect(mergeThinned(rising.map((one) => ({ thinned: thinScores(one), n: one.length })))).toEqual(thinScores(all))
      }),
    )
  })

  test('stay valid where parts were thinned: never below the exact ones, above by a per cent at most', () => {
    const random = uniform(3)
    const parts = [30_000, 8000].map((n) => Float64Array.from({ length: n }, random).sort())
    const all = Float64Array.from(parts.flatMap((part) => [...part])).sort()
    const p = conformalP(mergeThinned(parts.map((part) => ({ thinned: thinScores(part), n: part.length }))), all.length)
    for (let i = 0; i < 300; i++) {
      const score = random()
      const exact = (1 + all.filter((held) => held >= score).length) / (all.length + 1)
      expect(p(score)).toBeGreaterThanOrEqual(exact)
      expect(p(score)).toBeLessThanOrEqual(exact * 1.011)
    }
  })
})

describe('calibrations of several parts', () => {
  const part = (seed: number, n: number, rowsPerDay: number): Calibration => {
    const folds = tenFolds(scoresOf(seed, n))
    return calibrate([{ detector: 'gaussian', kind: 'record', folds }], { logic, rows: n, rowsPerDay })
  }

  test('count rows and days of a monitor that watches all parts', () => {
    const merged = mergeCalibrations([part(1, 4000, 400), part(2, 6000, 600)], 1000)
    expect(merged).toMatchObject({ rows: 10_000, rowsPerDay: 1000, spanDays: 10, folds: 20, evaluations: { gaussian: 10_000 } })
  })

  test('ask for nearly the bar of a calibration of all rows, at whatever records a day the parts had', () => {
    const parts = [part(1, 20_000, 2000), part(2, 20_000, 4000)]
    const merged = mergeCalibrations(parts, 6000)
    const runs = [1, 2].map((seed) => tenFolds(scoresOf(seed, 20_000)))
    const whole = calibrate([{ detector: 'gaussian', kind: 'record', folds: runs.flat() }], { logic, rows: 40_000, rowsPerDay: 6000 })
    // The parts' statistic comes from the maps of each, half as many rows: far out those differ by their sampling error.
    for (const [k, decades] of [
      [3, 0.2],
      [10, 0.15],
      [40, 0.06],
      [120, 0.02],
    ]) {
      const budget = k / whole.spanDays
      expect(Math.abs(barFor(merged, budget, true).bar - barFor(whole, budget, true).bar)).toBeLessThan(decades)
      expect(barFor(merged, budget, true).status).toBe(barFor(whole, budget, true).status)
    }
  })
})
