import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnStats, mergeColumnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import { correlatedRows, relativeError } from './samples.js'

describe('column statistics', () => {
  it('of any two parts merge into those of the whole', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 1e6), (seed, cut, offset) => {
        const [n, d] = [40, 5]
        const rows = correlatedRows(seed, n, d, offset)
        const whole = columnStats(rows, n, d)
        const merged = mergeColumnStats(columnStats(rows.slice(0, cut * d), cut, d), columnStats(rows.slice(cut * d), n - cut, d))
        expect(merged.n).toBe(n)
        const size = Math.max(...rows.map(Math.abs))
        for (let j = 0; j < d; j++) expect(Math.abs(merged.mean[j] - whole.mean[j]) / size).toBeLessThan(1e-13)
        expect(relativeError(merged.squares, whole.squares)).toBeLessThan(1e-9)
      }),
    )
  })

  it('find a constant column exactly, whatever its value and however it was split', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e100, max: 1e100 }), fc.integer({ min: 1, max: 99 }), (value, cut) => {
        const part = (n: number) => columnStats(new Float64Array(n).fill(value), n, 1)
        const { mean, scale } = standardisationOf(mergeColumnStats(part(cut), part(100 - cut)))
        expect([mean[0], scale[0]]).toEqual([value + 0, 0])
      }),
    )
  })

  it('take rounding noise for constant, and a small but real spread not', () => {
    const spread = (...values: number[]) => standardisationOf(columnStats(Float64Array.from(values), values.length, 1)).scale[0]
    expect(spread(0.3, 0.1 + 0.2, 0.3)).toBe(0)
    expect(spread(1e-30, 2e-30, 3e-30)).toBeCloseTo(1e-30, 40)
    expect(spread(0, 1e-38)).toBe(0)
    expect(spread(1.7e18, 1.7e18 + 1e9)).toBeGreaterThan(0)
  })

  it('refuse what has no spread that can be measured', () => {
    expect(() => standardisationOf(columnStats(Float64Array.of(1, 2), 1, 2))).toThrow('at least 2 rows')
    expect(() => standardisationOf(columnStats(Float64Array.of(0, 1e300, 1, -1e300), 2, 2))).toThrow(
      'column 1 holds a value that is not finite',
    )
  })
})

describe('standardise', () => {
  const standardisation = { mean: Float64Array.of(10, 5, -1e308), scale: Float64Array.of(2, 0, 1e-5) }

  it('centres and scales, gives 0 in constant columns and clips what is far out', () => {
    const rows = Float64Array.of(14, 5, -1e308, 1e300, 1e300, 1.7e308)
    expect([...standardise(rows, 2, standardisation)]).toEqual([2, 0, 0, 1e6, 0, 1e6])
  })

  it('reads float32 rows', () => {
    expect([...standardise(Float32Array.of(-3e38, 7, 0), 1, standardisation)]).toEqual([-1e6, 0, 1e6])
  })
})
