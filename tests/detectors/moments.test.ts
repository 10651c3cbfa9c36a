import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyMoments, type Moments, merge, momentsFromTensors, momentsToTensors } from '../../detectors/moments.js'
import { momentsOf } from './plain-moments.js'
import { correlatedRows, relativeError } from './samples.js'

const A = [1, 2, 0.5, 2, 1, 1.5, 3, 5, -1, 4, 3, 0]
const B = [5, 8, 2, 6, 6, -0.5]

/** Numbers of an independent NumPy computation. */
const expected = {
  a: { n: 4, d: 3, mean: [2.5, 2.75, 0.25], scatter: [5, 3.5, 8.75, -2, -5.25, 3.25], cubic: [0.25, 5.375, -2.375], quartic: 84.9375 },
  b: { n: 2, d: 3, mean: [5.5, 7, 0.75], scatter: [0.5, -1, 2, -1.25, 2.5, 3.125], cubic: [0, 0, 0], quartic: 15.8203125 },
  merged: {
    n: 6,
    d: 3,
    mean: [3.5, 4.166666666666667, 0.4166666666666667],
    scatter: [17.5, 19.5, 34.833333333333336, -1.25, 0.08333333333333387, 6.708333333333333],
    cubic: [7.166666666666657, 27.777777777777736, 31.77777777777777],
    quartic: 800.3567708333333,
  },
}

const expectMoments = (found: Moments, wanted: (typeof expected)['a'], rtol: number) => {
  expect([found.n, found.d]).toEqual([wanted.n, wanted.d])
  for (const name of ['mean', 'scatter', 'cubic'] as const) expect(relativeError(found[name], wanted[name]), name).toBeLessThan(rtol)
  expect(relativeError([found.quartic], [wanted.quartic]), 'quartic').toBeLessThan(rtol)
}

describe('moments', () => {
  it('match an independent computation, merged and apart', async () => {
    const a = await momentsOf(Float64Array.from(A), 4, 3)
    const b = await momentsOf(Float64Array.from(B), 2, 3)
    expectMoments(a, expected.a, 1e-9)
    expectMoments(b, { ...expected.b, cubic: Array.from(b.cubic) }, 1e-9)
    expect(Math.max(...b.cubic.map(Math.abs))).toBeLessThan(1e-12)
    expectMoments(merge(a, b), expected.merged, 1e-9)
  })

  it('of any parts in any order merge into those of the whole, far from the origin too', async () => {
    const parts = fc.record({
      seed: fc.integer(),
      d: fc.integer({ min: 1, max: 7 }),
      cuts: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 4 }),
      offset: fc.constantFrom(0, 1e3, -1e3),
      scale: fc.constantFrom(1e-3, 1, 1e3),
    })
    await fc.assert(
      fc.asyncProperty(parts, async ({ seed, d, cuts, offset, scale }) => {
        const n = 60
        const rows = correlatedRows(seed, n, d, offset * scale, scale)
        const whole = await momentsOf(rows, n, d)
        const bounds = [0, ...cuts.sort((a, b) => a - b), n]
        const moments = await Promise.all(
          bounds.slice(1).map((end, i) => momentsOf(rows.slice(bounds[i] * d, end * d), end - bounds[i], d)),
        )
        for (const order of [moments, moments.toReversed()]) {
          const merged = order.reduce(merge, emptyMoments(d))
          expect(merged.n).toBe(n)
          // A mean may be near 0 by chance, so its error is measured against the size of the values.
          const size = Math.max(...rows.map(Math.abs))
          for (let j = 0; j < d; j++) expect(Math.abs(merged.mean[j] - whole.mean[j]) / size).toBeLessThan(1e-13)
          expect(relativeError(merged.scatter, whole.scatter)).toBeLessThan(1e-9)
          expect(relativeError([merged.quartic], [whole.quartic])).toBeLessThan(1e-9)
          const cubicUnit = whole.quartic ** 0.75
          for (let j = 0; j < d; j++) expect(Math.abs(merged.cubic[j] - whole.cubic[j]) / cubicUnit).toBeLessThan(1e-9)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('are not changed by merging', async () => {
    const a = await momentsOf(Float64Array.from(A), 4, 3)
    const before = structuredClone(a)
    merge(a, await momentsOf(Float64Array.from(B), 2, 3))
    expect(a).toEqual(before)
  })

  it('of different feature counts do not merge', () => {
    expect(() => merge(emptyMoments(2), emptyMoments(3))).toThrow('moments of 2 and of 3 features cannot be merged')
  })

  it('survive being stored, and say what is damaged', async () => {
    const moments = await momentsOf(Float64Array.from(A), 4, 3)
    const stored = momentsToTensors(moments)
    expect(momentsFromTensors(stored)).toEqual(moments)
    const short = { ...stored, scatter: { shape: [5], data: new Float64Array(5) } }
    expect(() => momentsFromTensors(short)).toThrow("tensor 'scatter' holds 5 numbers, expected 6")
    const { cubic: _, ...missing } = stored
    expect(() => momentsFromTensors(missing)).toThrow("tensor 'cubic' is missing, expected 3")
  })
})
