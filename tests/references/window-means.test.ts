import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutFolds } from '../../references/folds.js'
import { RowMemory } from '../../references/row-store.js'
import { windowMeansOf } from '../../references/window-means.js'
import { fitRows } from '../detectors/samples.js'

/** Of two features, whose values standardise to themselves. */
const whitening = await fitRows(Float64Array.of(-1, -1, 0, 1, 1, 0), 3, 2)

const streamsOf = (lengths: readonly number[]) =>
  lengths.map((length, s) => {
    const from = lengths.slice(0, s).reduce((sum, one) => sum + one, 0)
    return { from, to: from + length }
  })

/** Row i holds i and i squared modulo 7. */
const rowsOf = (lengths: readonly number[], spoilt: (row: number) => boolean = () => false) => {
  const n = lengths.reduce((sum, length) => sum + length, 0)
  const values = Float64Array.from({ length: 2 * n }, (_, at) => {
    const row = Math.floor(at / 2)
    return spoilt(row) ? Number.NaN : at % 2 === 0 ? row : row ** 2 % 7
  })
  return { n, d: 2, store: new RowMemory(values, 2), streams: streamsOf(lengths) }
}

const whole = (lengths: readonly number[]) => streamsOf(lengths).map(({ from, to }) => ({ from, to, streamFrom: from, streamTo: to }))

const scene = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
  hop: fc.integer({ min: 1, max: 6 }),
  size: fc.integer({ min: 1, max: 30 }),
})

describe('the means of windows', () => {
  it('are those of the rows, of every window of every stream where there are no more than 500', () => {
    const { m, starts, means, endToEnd } = windowMeansOf(rowsOf([30, 9, 25]), whole([30, 9, 25]), 10, whitening)
    const expected = [...Array.from({ length: 21 }, (_, i) => i), ...Array.from({ length: 16 }, (_, i) => 39 + i)]
    expect([m, ...starts]).toEqual([37, ...expected])
    expect(endToEnd).toBe(5)
    expected.forEach((start, i) => {
      const rows = Array.from({ length: 10 }, (_, k) => start + k)
      expect(means[2 * i]).toBeCloseTo(start + 4.5, 9)
      expect(means[2 * i + 1]).toBeCloseTo(rows.reduce((sum, row) => sum + (row ** 2 % 7), 0) / 10, 9)
    })
  })

  it('are 500, evenly drawn, where there are more', () => {
    const { m, starts } = windowMeansOf(rowsOf([3000, 2009]), whole([3000, 2009]), 10, whitening)
    expect(m).toBe(500)
    expect(starts.filter((start) => start < 3000).length).toBe(300)
    const steps = [...starts.slice(1)].map((start, i) => start - starts[i])
    expect(steps.every((step) => step >= 9 && step <= 20)).toBe(true)
  })

  it('lie a window away from each window that ends in rows held out, and know nothing of those', () => {
    fc.assert(
      fc.property(scene, fc.nat(), ({ lengths, hop, size }, nth) => {
        const folds = cutFolds({ streams: streamsOf(lengths) }, { size: hop, hop })
        fc.pre(folds !== undefined)
        const own = nth % folds.length
        const held = folds[own]
        const isHeld = (row: number) => held.some(({ from, to }) => row >= from && row < to)
        const chosen = folds.filter((_, fold) => fold !== own).flat()
        const { starts, means, slowness } = windowMeansOf(rowsOf(lengths, isHeld), chosen, size, whitening)
        expect(means.every(Number.isFinite) && slowness.every(Number.isFinite)).toBe(true)
        for (const { from, to, streamFrom, streamTo } of held) {
          const beside = [...starts].filter((start) => start >= streamFrom && start < streamTo)
          const scored = { first: from - size + 1, last: to - size }
          expect(beside.every((start) => start <= scored.first - 2 * size || start >= scored.last + 2 * size)).toBe(true)
        }
      }),
    )
  })

  it('tell what is slow: the variance of the means of 40 rows over that of the rows', () => {
    const { slowness } = windowMeansOf(rowsOf([400]), whole([400]), 10, whitening)
    expect(slowness[0]).toBeCloseTo((40 ** 2 * 99) / (400 ** 2 - 1), 9)
    expect(slowness[1]).toBeLessThan(0.01)
    expect(windowMeansOf(rowsOf([60]), whole([60]), 10, whitening).slowness).toEqual(new Float64Array(2))
  })
})
