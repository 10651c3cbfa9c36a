import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conformalP, thinScores } from '../../calibration/p-value.js'
import { uniform } from './series.js'

describe('conformal p-values', () => {
  test('of a small calibration set (vector conformal_p)', () => {
    const held = Float64Array.of(0.1, 0.4, 0.35, 0.8, 1.2, 0.9, 0.4, 0.6, 1.5).sort()
    expect(conformalP(thinScores(held), 9)(0.9)).toBe(0.4)
  })

  const reached = (scores: Float64Array, score: number) => scores.filter((held) => held >= score).length

  test('are exact up to 1000 scores, ties included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 }), (values) => {
        const rising = Float64Array.from(values).sort()
        const p = conformalP(thinScores(rising), rising.length)
        for (let score = -0.5; score < 11; score += 0.5) expect(p(score)).toBe((1 + reached(rising, score)) / (rising.length + 1))
      }),
    )
  })

  test('are exact in the top of many scores, and rounded up by at most half a per cent below', () => {
    const n = 20_000
    const random = uniform(5)
    const rising = Float64Array.from({ length: n }, random).sort()
    const thinned = thinScores(rising)
    expect(thinned.length).toBeLessThan(1700)
    const p = conformalP(thinned, n)
    for (let i = 0; i < 300; i++) {
      const score = i < 100 ? 1 - random() / 30 : random()
      const exact = (1 + reached(rising, score)) / (n + 1)
      if (reached(rising, score) < 1000) expect(p(score)).toBe(exact)
      expect(p(score)).toBeGreaterThanOrEqual(exact)
      expect(p(score)).toBeLessThanOrEqual(exact * 1.005)
    }
  })

  test('are never 0 and never above 1', () => {
    const p = conformalP(thinScores(Float64Array.from({ length: 5000 }, (_, i) => i)), 5000)
    expect(p(Infinity)).toBe(1 / 5001)
    expect(p(-Infinity)).toBe(1)
  })
})
