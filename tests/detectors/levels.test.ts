import { describe, expect, it } from 'vitest'
import { angular } from '../../detectors/angular.js'
import { angularMeans, angularNpca } from '../../detectors/angular-options.js'
import { gaussian } from '../../detectors/gaussian.js'
import { levels } from '../../detectors/levels.js'
import { multiply } from '../../detectors/matmul.js'
import { tapColumnsOf } from '../../detectors/tap-columns.js'
import { correlatedRows, rowOf, summaryOf } from './samples.js'

const [n, d] = [300, 6]
const features = ['f4.mean.0', 'f4.mean.1', 'f4.logSd.0', 'f4.logSd.1', 'f8.x.mean.0', 'discopatch.score']
const rows = correlatedRows(1, n, d, 5)
const record = correlatedRows(2, 1, d, 5)

describe('levels', () => {
  it('sums the distances that each tap gives by itself', async () => {
    const summary = { ...(await summaryOf(rows, n, d)), taps: tapColumnsOf(features) }
    const only = async (columns: readonly number[]) => {
      const of = (all: Float64Array) => all.filter((_, at) => columns.includes(at % d))
      const { whitening } = await summaryOf(of(rows), n, columns.length)
      return Math.sqrt(gaussian.score({ scalars: {}, tensors: {} }, whitening, of(record)))
    }
    const expected = (await only([0, 1, 2, 3])) + (await only([4]))
    const fitted = await levels.fit(summary, multiply)
    expect(levels.score(fitted, summary.whitening, record)).toBeCloseTo(expected, 9)
    expect(levels.explain(fitted, summary.whitening, record)[5].share).toBe(0)
  })

  it('is for pictures', async () => {
    await expect(levels.fit({ ...(await summaryOf(rows, n, d)), taps: [] }, multiply)).rejects.toThrow('levels needs pictures')
  })
})

describe('angular of the means alone', () => {
  it('is angular of these columns by themselves, whatever the others do', async () => {
    const summary = { ...(await summaryOf(rows, n, d)), taps: tapColumnsOf(features) }
    const fitted = await angularMeans.fit(summary, multiply)
    const means = (all: Float64Array) => all.filter((_, at) => [0, 1, 4].includes(at % d))
    const other = await summaryOf(means(rows), n, 3)
    const expected = angular.score(await angular.fit(other, multiply), other.whitening, means(record))
    for (const changed of [record, record.map((value, j) => ([0, 1, 4].includes(j) ? value : 1e3))]) {
      expect(angularMeans.score(fitted, summary.whitening, changed) / expected).toBeCloseTo(1, 9)
    }
  })

  it('is for pictures', async () => {
    await expect(angularMeans.fit({ ...(await summaryOf(rows, n, d)), taps: [] }, multiply)).rejects.toThrow('angular-means needs pictures')
  })
})

describe('angular-npca', () => {
  it('is angular without what lies along the leading components of directions', async () => {
    const summary = await summaryOf(rows, n, d)
    const [whole, part] = [await angular.fit(summary, multiply), await angularNpca.fit(summary, multiply)]
    for (let i = 0; i < 20; i++) {
      const row = rowOf(rows, d, i)
      const least = angularNpca.score(part, summary.whitening, row)
      expect(least).toBeLessThan(angular.score(whole, summary.whitening, row))
      expect(
        angularNpca.score(
          part,
          summary.whitening,
          row.map((value) => 7 * value),
        ) / least,
      ).toBeCloseTo(1, 6)
    }
  })
})
