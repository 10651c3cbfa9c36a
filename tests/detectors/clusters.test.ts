import { describe, expect, it } from 'vitest'
import { clusters } from '../../detectors/clusters.js'
import { gaussian } from '../../detectors/gaussian.js'
import { kMeans } from '../../detectors/k-means.js'
import { multiply } from '../../detectors/matmul.js'
import { correlatedRows, normals, relativeError, rowOf, summaryOf } from './samples.js'

/** Rows around (10, 10), (-10, 10) and (0, -10) in turn; each cluster is wide along the first feature and narrow along the second. */
function threeModes(seed: number, n: number): Float64Array {
  const normal = normals(seed)
  const centres = [10, 10, -10, 10, 0, -10]
  return Float64Array.from({ length: 2 * n }, (_, at) => centres[at % 6] + (at % 2 === 0 ? 2 : 0.2) * normal())
}

describe('k-means', () => {
  it('finds well separated clusters and their means', async () => {
    const { labels, centres } = await kMeans(threeModes(1, 300), 2, 3, multiply)
    for (let i = 3; i < 300; i++) expect(labels[i]).toBe(labels[i % 3])
    const sorted = [0, 1, 2].map((mode) => Array.from(rowOf(centres, 2, labels[mode]), Math.round))
    expect(sorted.map(([, y]) => y)).toEqual([10, 10, -10])
    expect(Math.abs(sorted[0][0] - 10)).toBeLessThan(2)
  })

  it('puts each row to its closest centre', async () => {
    const [d, k] = [3, 5]
    const rows = correlatedRows(4, 200, d)
    const { labels, centres } = await kMeans(rows, d, k, multiply)
    const distance = (i: number, c: number) => Math.hypot(...rowOf(rows, d, i).map((value, j) => value - centres[c * d + j]))
    for (let i = 0; i < 200; i++) {
      const distances = Array.from({ length: k }, (_, c) => distance(i, c))
      expect(distances[labels[i]] - Math.min(...distances)).toBeLessThan(1e-6)
    }
  })

  it('takes rows that are all the same', async () => {
    const { centres } = await kMeans(new Float64Array(20).fill(2), 2, 3, multiply)
    expect([...centres]).toEqual(new Array(6).fill(2))
  })
})

describe('clusters', () => {
  it('sees what lies between modes, and what is off by the narrow spread within one, which the distance to the mean cannot', async () => {
    const summary = await summaryOf(threeModes(1, 600), 600, 2)
    const fitted = await clusters.fit(summary, multiply)
    const score = (...row: number[]) => clusters.score(fitted, summary.whitening, Float64Array.from(row))
    const byMean = (...row: number[]) => gaussian.score(fitted, summary.whitening, Float64Array.from(row))
    expect(byMean(0, 3)).toBeLessThan(byMean(11, 10))
    expect(score(0, 3)).toBeGreaterThan(20 * score(11, 10))
    expect(score(10, 12)).toBeGreaterThan(20 * score(11, 10))
  })

  it('blames the feature that is off', async () => {
    const summary = await summaryOf(threeModes(1, 600), 600, 2)
    const fitted = await clusters.fit(summary, multiply)
    const [x, y] = clusters.explain(fitted, summary.whitening, Float64Array.of(10, 12))
    expect(y.share).toBeGreaterThan(10 * Math.abs(x.share))
    expect(y.sigma).toBeGreaterThan(0)
  })

  it('is the Gaussian where there are too few rows for two clusters', async () => {
    const [n, d] = [40, 3]
    const summary = await summaryOf(correlatedRows(1, n, d), n, d)
    const fitted = await clusters.fit(summary, multiply)
    const rows = correlatedRows(2, 20, d)
    const scores = (score: (row: Float64Array) => number) => Array.from({ length: 20 }, (_, i) => score(rowOf(rows, d, i)))
    const [own, expected] = [clusters, gaussian].map((detector) => scores((row) => detector.score(fitted, summary.whitening, row)))
    expect(relativeError(own, expected)).toBeLessThan(1e-9)
  })
})
