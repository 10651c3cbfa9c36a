import { describe, expect, it } from 'vitest'
import { benjaminiHochberg } from '../../detectors/benjamini-hochberg.js'
import { fisherTails } from '../../detectors/exact-test.js'

/** Of all ways in which m window values may lie among n of the bank, the shares with at most and with at least k above a value of that rank. */
const enumerated = (m: number, n: number, k: number, rank: number) => {
  let [ways, below, above] = [0, 0, 0]
  for (let set = 0; set < 2 ** (m + n); set++) {
    const fromWindow = Array.from({ length: m + n }, (_, i) => (set >> i) & 1)
    if (fromWindow.reduce((sum, one) => sum + one) !== m) continue
    let seen = 0
    const at = fromWindow.findIndex((one) => one === 0 && ++seen === rank)
    const count = fromWindow.slice(at).reduce((sum, one) => sum + one)
    ways++
    below += Number(count <= k)
    above += Number(count >= k)
  }
  return { below: below / ways, above: above / ways }
}

describe('fisherTails', () => {
  it('is the test of the lady tasting tea', () => {
    expect(fisherTails(3, 4, 1, 4).above).toBeCloseTo(17 / 70, 12)
    expect(fisherTails(3, 4, 1, 4).below).toBeCloseTo(69 / 70, 12)
  })

  it.each([
    [5, 7, 3],
    [7, 4, 1],
    [6, 6, 6],
  ])('is the chance of so many of %i values beyond one of %i at rank %i, by all orders', (m, n, rank) => {
    for (let k = 0; k <= m; k++) {
      // Above an edge behind that value lie n - rank of the bank; one before it has the value above it, too.
      expect(fisherTails(k, m, n - rank, n).above).toBeCloseTo(enumerated(m, n, k, rank).above, 12)
      expect(fisherTails(k, m, n - rank + 1, n).below).toBeCloseTo(enumerated(m, n, k, rank).below, 12)
    }
  })

  it('bears counts of nothing and of all, and thousands', () => {
    expect(fisherTails(0, 10, 0, 10)).toEqual({ below: 1, above: 1 })
    expect(fisherTails(10, 10, 10, 10)).toEqual({ below: 1, above: 1 })
    const { below, above } = fisherTails(2000, 4000, 1000, 2000)
    expect(below).toBeCloseTo(above, 9)
    expect(fisherTails(256, 256, 125, 2000).above).toBeLessThan(1e-100)
  })
})

describe('benjaminiHochberg', () => {
  it('adjusts as the vector bh_by says', () => {
    const p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205]
    const expected = [0.008, 0.032, 0.0672, 0.0672, 0.0672, 0.08, 0.08457142857142856, 0.205]
    const order = [3, 0, 7, 1, 6, 2, 5, 4]
    const adjusted = benjaminiHochberg(order.map((i) => p[i]))
    order.forEach((i, at) => {
      expect(adjusted[at]).toBeCloseTo(expected[i], 12)
    })
    expect(benjaminiHochberg([])).toEqual([])
    expect(benjaminiHochberg([0.9, 1])).toEqual([1, 1])
  })
})
