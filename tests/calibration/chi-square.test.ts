import { describe, expect, it } from 'vitest'
import { chiSquareMatch } from '../../calibration/chi-square.js'

describe('matching chi-squares', () => {
  /** Quantiles of the usual tables. */
  it.each([
    [1, 5, 3.841459, 11.070498],
    [2, 10, 9.21034, 23.209251],
    [5, 10, 15.086272, 23.209251],
    [1, 2, 10.827566, 13.815511],
    [10, 20, 18.307038, 31.410433],
  ])('of %i and %i degrees of freedom: %f is as rare as %f', (few, many, score, expected) => {
    expect(chiSquareMatch(few, many)(score)).toBeCloseTo(expected, 2)
  })

  it('holds far out, where chances are too small to be told from 0', () => {
    const matched = chiSquareMatch(2, 4)(400)
    // Tails in closed form: exp(-x / 2) and exp(-x / 2) (1 + x / 2).
    expect(-matched / 2 + Math.log(1 + matched / 2)).toBeCloseTo(-200, 4)
    expect(chiSquareMatch(2, 4)(1e12)).toBeGreaterThan(1e12)
  })

  it('never falls, begins at 0, and changes nothing where nothing is missing', () => {
    const match = chiSquareMatch(3, 8)
    const scores = Array.from({ length: 3000 }, (_, i) => match(i * 0.7))
    expect(scores.every((score, i) => i === 0 || score > scores[i - 1])).toBe(true)
    expect(match(0)).toBe(0)
    expect(chiSquareMatch(8, 8)(12.5)).toBe(12.5)
    expect(chiSquareMatch(0, 8)(0)).toBe(0)
  })
})
