import { describe, expect, test } from 'vitest'
import { departureOf, isWithin, limitsOf, type Sums } from '../../calibration/departure.js'
import { normal } from './series.js'

/** Sums of n rows of d values. */
const sumsOf = (rows: readonly (readonly number[])[], d: number): Sums => ({
  sums: Float64Array.from({ length: d }, (_, j) => rows.reduce((sum, row) => sum + row[j], 0)),
  squares: Float64Array.from({ length: d }, (_, j) => rows.reduce((sum, row) => sum + row[j] ** 2, 0)),
})
const identity = {
  scale: Float64Array.of(1, 1),
  mean: Float64Array.of(0, 0),
  variance: Float64Array.of(1, 1),
  precision: Float64Array.of(1, 0, 0, 1),
}

describe('the departure of rows from what is expected', () => {
  test('is what the definitions say', () => {
    const rows = [
      [1, 2],
      [3, 2],
    ]
    // Means 2 and 2, variances 1 and 0; from means 0 and 1, variances 4 and 1.
    const expected = { ...identity, mean: Float64Array.of(0, 1), variance: Float64Array.of(4, 1) }
    expect(departureOf(sumsOf(rows, 2), 2, expected)).toEqual({ shift: 2, spread: 1, together: 4 })
  })

  test('of a feature is taken given the others', () => {
    const rho = 0.8
    const precision = Float64Array.of(1, -rho, -rho, 1).map((value) => value / (1 - rho * rho))
    const at = (...means: [number, number]) => departureOf(sumsOf([means], 2), 1, { ...identity, precision })
    // (v_1 - rho v_2)^2 / (1 - rho^2), and T^2 = (v_1^2 - 2 rho v_1 v_2 + v_2^2) / (1 - rho^2).
    expect(at(1, 0).shift).toBeCloseTo(1 / 0.36, 10)
    expect(at(1, 0).together).toBeCloseTo(1 / 0.36, 10)
    expect(at(1, 1).shift).toBeCloseTo(0.04 / 0.36, 10)
    expect(at(1, 1).together).toBeCloseTo(0.4 / 0.36, 10)
  })

  test('of independent normal rows is chi-square', () => {
    const [n, d, draw] = [64, 3, normal(1)]
    const unit = (value: number) => new Float64Array(d).fill(value)
    const precision = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
    const expected = { scale: unit(1), mean: unit(0), variance: unit(1), precision }
    const found = Array.from({ length: 400 }, () =>
      departureOf(
        sumsOf(
          Array.from({ length: n }, () => Array.from({ length: d }, draw)),
          d,
        ),
        n,
        expected,
      ),
    )
    const level = (of: (departure: (typeof found)[0]) => number) => found.map(of).sort((a, b) => a - b)[379]
    // Points that 5 % are beyond: of chi-square with 3 degrees 7.81; of the largest of three with one, 5.70.
    expect(Math.abs(level(({ together }) => together) - 7.81)).toBeLessThan(1)
    expect(Math.abs(level(({ shift }) => shift) - 5.7)).toBeLessThan(1)
    expect(Math.abs(level(({ spread }) => spread) - 5.7)).toBeLessThan(1.3)
    const limits = limitsOf(found.slice(0, 1), d)
    expect(found.filter((departure) => !isWithin(departure, limits, 1)).length).toBeLessThan(8)
  })

  test('does not look at constant features', () => {
    const { shift, spread, together } = departureOf(sumsOf([[0.5, 0]], 2), 1, { ...identity, scale: Float64Array.of(1, 0) })
    expect([shift, spread, together]).toEqual([0.25, 0.5, 0.25])
  })

  test('is limited by what is usual, and by what is rare of independent rows', () => {
    const still = { shift: 0, spread: 0, together: 0 }
    // Chi-square: one degree, 1 in 5,000; three degrees, 1 in 1,000.
    const { shift, spread, together } = limitsOf([still], 3)
    expect(shift).toBeCloseTo(13.831, 2)
    expect(spread).toBeCloseTo(13.831, 2)
    expect(together).toBeCloseTo(16.266, 2)
    expect(limitsOf([still, { shift: 20, spread: 30, together: 40 }], 3)).toEqual({ shift: 20, spread: 30, together: 40 })
  })

  test('that is no number is within no limit', () => {
    expect(isWithin({ shift: Number.NaN, spread: 0, together: 0 }, { shift: 1, spread: 1, together: 1 }, 3)).toBe(false)
  })
})
