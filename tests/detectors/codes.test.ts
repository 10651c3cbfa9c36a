import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codes } from '../../detectors/codes.js'
import { multiply } from '../../detectors/matmul.js'
import { correlatedRows, normals, rowOf, summaryOf } from './samples.js'

describe('codes', () => {
  it('scores the mean Hamming distance to the three nearest codes', async () => {
    const [n, d] = [200, 4]
    const rows = correlatedRows(1, n, d, 5)
    const summary = await summaryOf(rows, n, d)
    const fitted = await codes.fit(summary, multiply)
    /** A bit is 1 above so many of the reference's values of the feature. */
    const ranks = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98].map((level) => level * n)
    const codeOf = (row: Float64Array) =>
      [...row].flatMap((value, j) => {
        const below = Array.from({ length: n }, (_, i) => rows[i * d + j]).filter((other) => other < value).length
        return ranks.map((rank) => below > rank)
      })
    const bank = Array.from({ length: n }, (_, i) => codeOf(rowOf(rows, d, i)))
    fc.assert(
      fc.property(fc.nat(n - 1), fc.nat(n - 1), (one, other) => {
        const record = Float64Array.from([...rowOf(rows, d, one).slice(0, 2), ...rowOf(rows, d, other).slice(2)])
        const code = codeOf(record)
        const distances = bank.map((known) => known.filter((bit, b) => bit !== code[b]).length).sort((a, b) => a - b)
        expect(codes.score(fitted, summary.whitening, record)).toBeCloseTo((distances[0] + distances[1] + distances[2]) / 3, 9)
      }),
      { numRuns: 30 },
    )
  })

  it('counts a wild value no more than a rare one', async () => {
    const summary = await summaryOf(correlatedRows(1, 300, 4), 300, 4)
    const fitted = await codes.fit(summary, multiply)
    const score = (value: number) => codes.score(fitted, summary.whitening, Float64Array.of(value, 0, 0, 0))
    expect(score(1e6)).toBe(score(10))
  })

  it('sees a pattern that the reference does not have, and blames its features', async () => {
    const normal = normals(3)
    const rows = Array.from({ length: 300 }, () => normal()).flatMap((x) => [x, x + 0.1 * normal(), normal()])
    const summary = await summaryOf(Float64Array.from(rows), 300, 3)
    const fitted = await codes.fit(summary, multiply)
    const score = (...row: number[]) => codes.score(fitted, summary.whitening, Float64Array.from(row))
    expect(score(1.5, -1.5, 0)).toBeGreaterThan(4 * score(1.5, 1.5, 0))
    const [first, second, third] = codes.explain(fitted, summary.whitening, Float64Array.of(1.5, -1.5, 0))
    expect(first.share + second.share).toBeGreaterThan(4 * third.share)
  })

  it.each([
    [200, 7],
    [400, 3],
    [800, 1],
  ])('takes fewer bits of a feature where there are many (d = %i)', async (d, bits) => {
    const { tensors } = await codes.fit(await summaryOf(correlatedRows(1, 12, d), 12, d), multiply)
    expect(tensors.edges.shape).toEqual([d, bits])
  })

  it('refuses a reference that has no three neighbours', async () => {
    await expect(codes.fit(await summaryOf(correlatedRows(1, 2, 2), 2, 2), multiply)).rejects.toThrow('at least 3 reference rows, got 2')
  })
})
