import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closed, clrOf, ilr, ilrBasis, sharesOf } from '../../kinds/composition.js'

const composition = fc
  .integer({ min: 2, max: 6 })
  .chain((parts) => fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: parts, maxLength: parts }))
const coordinatesOf = (parts: readonly number[]): Float64Array => ilr(closed(Float64Array.from(parts), 1e-9), ilrBasis(parts.length))

/** Aitchison's distance, by the logarithms of all pairs of parts. */
function aitchison(x: readonly number[], y: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) for (let j = 0; j < x.length; j++) sum += (Math.log(x[i] / x[j]) - Math.log(y[i] / y[j])) ** 2
  return Math.sqrt(sum / (2 * x.length))
}

describe('isometric log-ratios', () => {
  it('are the balances of Egozcue et al.', () => {
    const [first, second] = coordinatesOf([0.5, 0.3, 0.2])
    expect(first).toBeCloseTo(Math.log(0.5 / 0.3) / Math.SQRT2, 12)
    expect(second).toBeCloseTo(Math.sqrt(2 / 3) * Math.log(Math.sqrt(0.5 * 0.3) / 0.2), 12)
  })

  it('do not depend on what the parts sum to', () => {
    fc.assert(
      fc.property(composition, fc.double({ min: 0.01, max: 1000, noNaN: true }), (parts, factor) => {
        const scaled = coordinatesOf(parts.map((part) => part * factor))
        for (const [k, value] of coordinatesOf(parts).entries()) expect(scaled[k]).toBeCloseTo(value, 9)
      }),
    )
  })

  it('keep the distances of compositions', () => {
    fc.assert(
      fc.property(composition, fc.infiniteStream(fc.double({ min: 0.01, max: 1, noNaN: true })), (x, more) => {
        const y = x.map(() => more.next().value ?? 0.5)
        const [one, other] = [coordinatesOf(x), coordinatesOf(y)]
        expect(Math.hypot(...one.map((value, k) => value - other[k]))).toBeCloseTo(aitchison(x, y), 9)
      }),
    )
  })

  it('lead back to the shares, and to centred log-ratios that sum to 0', () => {
    fc.assert(
      fc.property(composition, (parts) => {
        const basis = ilrBasis(parts.length)
        const sum = parts.reduce((total, part) => total + part, 0)
        const shares = sharesOf(coordinatesOf(parts), basis)
        for (const [i, part] of parts.entries()) expect(shares[i]).toBeCloseTo(part / sum, 9)
        expect(clrOf(coordinatesOf(parts), basis).reduce((total, value) => total + value, 0)).toBeCloseTo(0, 9)
      }),
    )
  })
})

describe('closed shares', () => {
  it('lift zeros to the floor and keep the ratios of the others', () => {
    const shares = closed(Float64Array.of(0, 60, 40), 0.01)
    expect(shares[0]).toBe(0.01)
    expect(shares[1]).toBeCloseTo(0.594, 12)
    expect(shares[2]).toBeCloseTo(0.396, 12)
  })
})
