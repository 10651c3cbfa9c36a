import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kde } from '../../detectors/kde.js'
import { bandwidthOf, mostDimensions, regimeOf } from '../../detectors/kde-regime.js'
import { multiply } from '../../detectors/matmul.js'
import { correlatedRows, normals, summaryOf } from './samples.js'

describe('the regimes of a kernel density', () => {
  /** Vector kde_thresholds. */
  it.each([
    [8, 0.31828534701627587, 0.4501234544550442],
    [64, 1.1961861463132748, 1.6916626712390406],
    [2048, 3.46846641569636, 4.905152245713389],
  ])('of 10,000 rows in %i dimensions begin at %d and %d', (k, few, many) => {
    const regime = regimeOf(10_000, k)
    expect(regime.few / few).toBeCloseTo(1, 9)
    expect(regime.many / many).toBeCloseTo(1, 9)
  })

  it('leave the bandwidth always where many rows make the density, and let more rows have more dimensions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2000 }), fc.integer({ min: 1, max: 16 }), (n, k) => {
        expect(bandwidthOf(n, k)).toBeGreaterThan(regimeOf(n, k).many)
        expect(mostDimensions(n + 1, 16)).toBeGreaterThanOrEqual(mostDimensions(n, 16))
      }),
    )
    expect([20, 100, 500, 2000].map((n) => mostDimensions(n, 16))).toEqual([3, 6, 8, 10])
  })

  it('are as counted: below the first few rows make the density of a new one, above the second many', () => {
    const [n, k] = [2000, 8]
    const normal = normals(1)
    const rows = Float64Array.from({ length: n * k }, normal)
    const contributors = (h: number) => {
      const counts = Array.from({ length: 40 }, () => {
        const point = Float64Array.from({ length: k }, normal)
        const weights = Array.from({ length: n }, (_, i) =>
          Math.exp(-point.reduce((sum, x, j) => sum + (x - rows[i * k + j]) ** 2, 0) / (2 * h * h)),
        )
        return weights.reduce((sum, weight) => sum + weight) ** 2 / weights.reduce((sum, weight) => sum + weight ** 2, 0)
      })
      return counts.sort((a, b) => a - b)[20]
    }
    expect(contributors(0.9 * regimeOf(n, k).few)).toBeLessThan(6)
    expect(contributors(bandwidthOf(n, k))).toBeGreaterThan(12)
  })
})

describe('kde', () => {
  it('scores the density in Mahalanobis distances where it takes all components', async () => {
    const [n, d] = [150, 2]
    const rows = correlatedRows(1, n, d, 5)
    const summary = await summaryOf(rows, n, d)
    const fitted = await kde.fit(summary, multiply)
    const column = (j: number) => Array.from({ length: n }, (_, i) => rows[i * d + j])
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / n
    const [x, y] = [column(0), column(1)].map((values) => values.map((value) => value - mean(values)))
    const [xx, xy, yy] = [mean(x.map((v) => v * v)), mean(x.map((v, i) => v * y[i])), mean(y.map((v) => v * v))]
    const distance = (a: number, b: number) => (a * a * yy - 2 * a * b * xy + b * b * xx) / (xx * yy - xy * xy)
    const h = (1 / n) ** (1 / 6) / 2
    for (const record of [Float64Array.of(5, 7), Float64Array.of(9, 1), Float64Array.of(-40, 60)]) {
      const kernels = Array.from({ length: n }, (_, i) => distance(record[0] - rows[2 * i], record[1] - rows[2 * i + 1]) / (2 * h * h))
      const least = Math.min(...kernels)
      const expected = least - Math.log(mean(kernels.map((one) => Math.exp(least - one))))
      expect(kde.score(fitted, summary.whitening, record) / expected).toBeCloseTo(1, 9)
    }
  })

  it('sees what lies between two clusters, and blames the feature that is off', async () => {
    const normal = normals(3)
    const rows = Float64Array.from({ length: 1200 }, (_, i) => (i % 3 === 0 ? (i % 2 === 0 ? 10 : -10) : 0) + normal())
    const summary = await summaryOf(rows, 400, 3)
    const fitted = await kde.fit(summary, multiply)
    const score = (...row: number[]) => kde.score(fitted, summary.whitening, Float64Array.from(row))
    expect(score(0, 0, 0)).toBeGreaterThan(score(10, 0, 0) + 1)
    const shares = kde.explain(fitted, summary.whitening, Float64Array.of(0, 0, 0))
    expect(shares[0].share).toBeGreaterThan(0.8 * score(0, 0, 0))
  })

  it('refuses what no density is made of, and says what would do', async () => {
    await expect(kde.fit(await summaryOf(correlatedRows(1, 500, 60), 500, 60), multiply)).rejects.toThrow(
      /^kde: 500 reference rows make a density in at most 8 dimensions, and the leading 8 principal components hold only [\d.]+ % of the variance, .*use near3 or knn/,
    )
  })
})
