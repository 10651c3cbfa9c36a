import { describe, expect, it } from 'vitest'
import { knn } from '../../detectors/knn.js'
import { multiply } from '../../detectors/matmul.js'
import { correlatedRows, normals, rowOf, summaryOf } from './samples.js'

describe('knn', () => {
  it('scores the mean distance to the three nearest reference rows, in ranges', async () => {
    const [n, d] = [300, 4]
    const rows = correlatedRows(1, n, d, 5)
    const summary = await summaryOf(rows, n, d)
    const fitted = await knn.fit(summary, multiply)
    const columns = Array.from({ length: d }, (_, j) => Array.from({ length: n }, (_unused, i) => rows[i * d + j]))
    const ranges = columns.map((column) => Math.max(...column) - Math.min(...column))
    const record = correlatedRows(2, 1, d, 5)
    const distances = Array.from({ length: n }, (_, i) =>
      Math.hypot(...rowOf(rows, d, i).map((value, j) => (value - record[j]) / ranges[j])),
    )
    const nearest = distances.sort((a, b) => a - b).slice(0, 3)
    const expected = nearest.reduce((sum, distance) => sum + distance, 0) / 3
    expect(knn.score(fitted, summary.whitening, record) / expected).toBeCloseTo(1, 9)
  })

  it('sees what lies between two clusters, and blames the feature that is off', async () => {
    const normal = normals(3)
    const rows = Float64Array.from({ length: 1200 }, (_, i) => (i % 3 === 0 ? (i % 2 === 0 ? 10 : -10) : 0) + normal())
    const summary = await summaryOf(rows, 400, 3)
    const fitted = await knn.fit(summary, multiply)
    const score = (...row: number[]) => knn.score(fitted, summary.whitening, Float64Array.from(row))
    expect(score(0, 0, 0)).toBeGreaterThan(5 * score(10, 0, 0))
    const shares = knn.explain(fitted, summary.whitening, Float64Array.of(0, 0, 0))
    expect(shares[0].share).toBeGreaterThan(0.9 * score(0, 0, 0))
  })

  it('scores a record that lies on the reference as 0, in equal shares', async () => {
    const summary = await summaryOf(Float64Array.of(1, 2, 1, 2, 1, 2, 4, 5), 4, 2)
    const fitted = await knn.fit(summary, multiply)
    expect(knn.score(fitted, summary.whitening, Float64Array.of(1, 2))).toBe(0)
    expect(knn.explain(fitted, summary.whitening, Float64Array.of(1, 2)).map(({ share }) => share)).toEqual([0, 0])
  })

  it('refuses a reference that has no three neighbours', async () => {
    await expect(knn.fit(await summaryOf(correlatedRows(1, 2, 2), 2, 2), multiply)).rejects.toThrow('at least 3 reference rows, got 2')
  })
})
