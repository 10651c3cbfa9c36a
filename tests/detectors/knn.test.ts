import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { knn, knnLocal } from '../../detectors/knn.js'
import { multiply } from '../../detectors/matmul.js'
import { nearest } from '../../detectors/neighbours.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { place } from '../../detectors/window-sums.js'
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

describe('knn-local', () => {
  it('scores the mean of the three smallest distances over the square root of how far the row is from its own fifth neighbour', async () => {
    const [n, d] = [200, 3]
    const rows = correlatedRows(1, n, d, 5)
    const summary = await summaryOf(rows, n, d)
    const fitted = await knnLocal.fit(summary, multiply)
    const columns = Array.from({ length: d }, (_, j) => Array.from({ length: n }, (_unused, i) => rows[i * d + j]))
    const ranges = columns.map((column) => Math.max(...column) - Math.min(...column))
    const distance = (a: Float64Array, b: Float64Array) => Math.hypot(...a.map((value, j) => (value - b[j]) / ranges[j]))
    const bank = Array.from({ length: n }, (_, i) => rowOf(rows, d, i))
    const own = bank.map((row) => bank.map((other) => distance(row, other)).sort((a, b) => a - b)[5])
    for (let i = 0; i < 10; i++) {
      const record = rowOf(correlatedRows(2, 10, d, 5), d, i)
      const scaled = bank.map((row, at) => distance(row, record) / Math.sqrt(own[at])).sort((a, b) => a - b)
      const expected = scaled.slice(0, 3).reduce((sum, value) => sum + value, 0) / 3
      expect(knnLocal.score(fitted, summary.whitening, record) / expected).toBeCloseTo(1, 9)
    }
  })

  it('makes hubs neighbours less often, of which there are many where features are many', async () => {
    const [n, d] = [500, 100]
    const normal = normals(1)
    const rows = Float64Array.from({ length: n * d }, normal)
    const { tensors } = await knnLocal.fit(await summaryOf(rows, n, d), multiply)
    /** How often each row is among the 3 nearest of another. */
    const occurrences = (weights?: Float64Array) => {
      const counts = new Float64Array(n)
      for (let i = 0; i < n; i++) {
        const { indices } = nearest(tensors.bank.data, d, rowOf(tensors.bank.data, d, i), 4, weights)
        for (const other of indices.subarray(1)) counts[other]++
      }
      return counts
    }
    const [plain, local] = [occurrences(), occurrences(tensors.weights.data)]
    const never = (counts: Float64Array) => counts.filter((count) => count === 0).length
    expect(skewness(plain)).toBeGreaterThan(2.5)
    expect(skewness(local)).toBeLessThan(1.8)
    expect(never(local)).toBeLessThan(never(plain) / 2)
  })

  it('sees what lies beside a dense part of the reference, which is near by the measure of a loose part', async () => {
    const normal = normals(2)
    // The first half around 0, a hundred times denser than the other, around 20.
    const rows = Float64Array.from({ length: 2 * 400 }, (_, at) => (at < 400 ? 0.01 * normal() : 20 + normal()))
    const summary = await summaryOf(rows, 400, 2)
    const beside = Float64Array.of(0.15, -0.15)
    const loose = Array.from({ length: 100 }, () => Float64Array.of(20 + normal(), 20 + normal()))
    const above = async (detector: typeof knn) => {
      const fitted = await detector.fit(summary, multiply)
      const score = (row: Float64Array) => detector.score(fitted, summary.whitening, row)
      return loose.filter((row) => score(row) >= score(beside)).length
    }
    expect(await above(knn)).toBeGreaterThan(10)
    expect(await above(knnLocal)).toBeLessThan(5)
  })

  it('scores duplicates of a reference of few distinct rows as 0, also in float32', async () => {
    const rows = Float64Array.from({ length: 3 * 300 }, (_, at) => ((Math.floor(at / 3) * 2654435761) >>> (9 + (at % 3))) & 1)
    const summary = await summaryOf(rows, 300, 3)
    const fitted = await knnLocal.fit(summary, multiply)
    const runner = await openGraph(scoringGraph(summary.whitening, [{ detector: knnLocal, fitted }], place(3, []), 'float64'), 3)
    const { scores } = await runner.run(rows, 300)
    expect(Math.max(...scores[0])).toBeLessThan(1e-5)
    expect((await runner.run(Float64Array.of(0.5, 0, 0), 1)).scores[0][0]).toBeGreaterThan(1)
    await runner.close()
  })

  it('refuses a reference that has no five neighbours', async () => {
    await expect(knnLocal.fit(await summaryOf(correlatedRows(1, 5, 2), 5, 2), multiply)).rejects.toThrow(
      'more than 5 reference rows, got 5',
    )
  })
})

const skewness = (values: Float64Array): number => {
  const mean = (of: Float64Array) => of.reduce((sum, value) => sum + value, 0) / of.length
  const deviations = values.map((value) => value - mean(values))
  return mean(deviations.map((value) => value ** 3)) / mean(deviations.map((value) => value ** 2)) ** 1.5
}
