import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { episodeCurve } from '../../calibration/episode-curve.js'
import { decadesOf, mostEpisodes, rateAt, rateMap, scoreAt, scoreWith, tailScore } from '../../calibration/rate-map.js'
import { mean, normal } from './series.js'

const SPAN = 2
const exponential = (seed: number, n: number): Float64Array => {
  const draw = normal(seed)
  return Float64Array.from({ length: n }, () => (draw() ** 2 + draw() ** 2) / 2)
}
const curveOf = (scores: Float64Array, gap = 5) => episodeCurve([scores], gap)

describe('lambda of a detector', () => {
  const scores = exponential(1, 20_000)
  const curve = curveOf(scores)
  const map = rateMap(curve)

  test('is the episode curve where that has more than 20 episodes', () => {
    for (const count of [20, 21, 50, 99, 100]) expect(rateAt(map, curve.valueWith(count)!, SPAN)).toBeCloseTo(count / SPAN, 9)
    for (const count of [150, 400, 1000]) expect((rateAt(map, curve.valueWith(count)!, SPAN) * SPAN) / count).toBeCloseTo(1, 1)
  })

  test('has a tail that starts at 20 episodes and falls with their mean excess', () => {
    expect(map.tailCount).toBe(20)
    expect(map.tailStart).toBe(curve.valueWith(20))
    expect(map.tailScale).toBeCloseTo(mean(curve.maximaAbove(map.tailStart)) - map.tailStart, 12)
    expect(rateAt(map, map.tailStart + 3 * map.tailScale, SPAN)).toBeCloseTo((20 / SPAN) * Math.exp(-3), 9)
  })

  test('keeps the exact tail of exponential scores, far beyond the data', () => {
    const draws = Array.from({ length: 30 }, (_, seed) => rateMap(curveOf(exponential(seed, 20_000), 1)))
    expect(mean(draws.map(({ tailScale }) => tailScale))).toBeGreaterThan(0.9)
    expect(mean(draws.map(({ tailScale }) => tailScale))).toBeLessThan(1.1)
    // P(score > x) = exp(-x): one episode in a hundred spans at ln(20,000 x 100).
    expect(mean(draws.map((one) => tailScore(one, 0.01)))).toBeCloseTo(Math.log(2e6), 0)
  })

  test('needs no more than 200 breakpoints however long the reference', () => {
    const long = rateMap(curveOf(exponential(2, 100_000), 1))
    expect(mostEpisodes(long)).toBeGreaterThan(20_000)
    expect(long.scores.length).toBeLessThanOrEqual(200)
    expect(long.counts.slice(0, 100)).toEqual(Float64Array.from({ length: 100 }, (_, i) => i + 1))
  })

  const anyRun = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -50, max: 50, noNaN: true })), {
    minLength: 1,
    maxLength: 80,
  })
  const anyMap = fc.tuple(anyRun, fc.integer({ min: 1, max: 5 })).map(([run, gap]) => rateMap(curveOf(Float64Array.from(run), gap)))

  test('is finite, positive and never rises with the score, whatever the reference', () => {
    const score = fc.oneof(fc.double({ noNaN: true }), fc.double({ min: -60, max: 60, noNaN: true }))
    fc.assert(
      fc.property(anyMap, score, score, (any, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map((at) => rateAt(any, at, SPAN))
        expect(low).toBeGreaterThanOrEqual(high)
        expect(high).toBeGreaterThan(0)
        expect(low).toBeLessThan(Infinity)
        expect(decadesOf(any, SPAN)(one)).toBeCloseTo(-Math.log10(rateAt(any, one, SPAN)), 9)
      }),
      { numRuns: 500 },
    )
  })

  test('has an inverse', () => {
    fc.assert(
      fc.property(fc.double({ min: -11, max: 11, noNaN: true }), (decades) => {
        const rate = 10 ** decades
        expect(rateAt(map, scoreAt(map, rate, SPAN), SPAN) / rate).toBeCloseTo(1, 6)
      }),
    )
  })

  test('gives thresholds off the curve, between counts too', () => {
    expect(scoreWith(map, 12)).toBe(curve.valueWith(12))
    expect(scoreWith(map, 12.5)).toBeGreaterThan(curve.valueWith(13)!)
    expect(scoreWith(map, 12.5)).toBeLessThan(curve.valueWith(12)!)
    expect(scoreWith(map, 1e9)).toBe(map.scores.at(-1))
  })

  test('with fewer than 20 episodes the tail starts at the last', () => {
    const few = rateMap(curveOf(Float64Array.of(9, 0, 0, 5, 0, 0, 3, 0, 0, 1), 1))
    expect(few).toMatchObject({ tailCount: 4, tailStart: 1, tailScale: (8 + 4 + 2) / 3 })
  })

  test('a constant score is normal; anything higher was never seen', () => {
    const constant = rateMap(episodeCurve(Array(10).fill(new Float64Array(50).fill(7)), 5))
    expect(rateAt(constant, 7, SPAN)).toBe(10 / SPAN)
    expect(rateAt(constant, 7 * (1 + 1e-7), SPAN)).toBeCloseTo(10 / SPAN, 0)
    expect(rateAt(constant, 7.1, SPAN)).toBe(1e-12)
  })
})
