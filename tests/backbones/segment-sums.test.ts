import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SegmentSums } from '../../backbones/segment-sums.js'

/** Rounded to a multiple of 2^-20, a half to even. */
function onGrid(value: number): number {
  const units = value * 2 ** 20
  const down = Math.floor(units)
  const rest = units - down
  return (rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1) / 2 ** 20
}

describe('sums of segments', () => {
  it('are exact sums of the rows on the grid, whatever the number of columns and rows and however segments lie', () => {
    const batch = fc.record({
      d: fc.integer({ min: 1, max: 40 }),
      segments: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 }),
      values: fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 200 }),
    })
    fc.assert(
      fc.property(batch, ({ d, segments, values }) => {
        const n = segments.length
        const summing = new SegmentSums(d)
        const z = summing.rows(n)
        for (let i = 0; i < n * d; i++) z[i] = values[(7 * i) % values.length]
        const expected = new Float64Array(4 * d)
        for (const [row, segment] of segments.entries()) for (let j = 0; j < d; j++) expected[segment * d + j] += onGrid(z[row * d + j])
        const sums = new Float64Array(4 * d).fill(9)
        summing.fill(z, { n, segments: Int32Array.from(segments), sums })
        expect(sums).toEqual(expected)
      }),
    )
  })

  it('have room for more rows than before, and than a page of memory holds', () => {
    const summing = new SegmentSums(100)
    for (const n of [1, 5000, 3]) {
      const z = summing.rows(n).fill(0.5)
      const sums = new Float64Array(100)
      summing.fill(z, { n, segments: new Int32Array(n), sums })
      expect(sums).toEqual(new Float64Array(100).fill(n / 2))
    }
  })
})
