import { beforeAll, describe, expect, it } from 'vitest'
import type { ReferenceSummary } from '../../detectors/detector.js'
import { discopatch } from '../../detectors/discopatch.js'
import { multiply } from '../../detectors/matmul.js'
import { patchDistance } from '../../detectors/patch-distance.js'
import { scoreColumnsOf } from '../../detectors/picture-scores.js'
import { correlatedRows, summaryOf } from './samples.js'

const d = 5
const column = 2

describe.each([discopatch, patchDistance])('$name', (detector) => {
  let summary: ReferenceSummary
  beforeAll(async () => {
    summary = await summaryOf(correlatedRows(1, 200, d, 10), 200, d)
  })

  /** So many deviations above the mean in that feature, and elsewhere anything. */
  const row = (sigma: number): Float64Array => {
    const { mean, scale } = summary.whitening
    return Float64Array.from({ length: d }, (_, j) => (j === column ? mean[j] + sigma * scale[j] : 1e3 * j))
  }

  it('is how far its feature is above the mean; below it is no anomaly', async () => {
    const fitted = await detector.fit(summary, multiply)
    for (const sigma of [-4, -1, 0, 0.5, 6]) expect(detector.score(fitted, summary.whitening, row(sigma))).toBeCloseTo(sigma, 9)
  })

  it('is explained by that feature alone', async () => {
    const shares = detector.explain(await detector.fit(summary, multiply), summary.whitening, row(3))
    expect(shares.filter(({ share }) => share !== 0).map(({ index }) => index)).toEqual([column])
    expect(shares[column].share).toBeCloseTo(3, 9)
  })

  it('is refused where there is no such feature, or it never varies, with the mend', async () => {
    const { whitening } = summary
    const constant = { ...whitening, active: whitening.active.map((_, j) => j !== column) }
    await expect(detector.fit({ ...summary, scoreColumns: {} }, multiply)).rejects.toThrow(/needs the feature .*, and fit again/)
    await expect(detector.fit({ ...summary, whitening: constant }, multiply)).rejects.toThrow('give more pictures')
  })
})

it('finds the features by name', () => {
  expect(scoreColumnsOf(['f4.mean.0', 'discopatch.score', 'patch.distance'])).toEqual({ discopatch: 1, 'patch-distance': 2 })
  expect(scoreColumnsOf(['f4.mean.0', 'patch.distance'])).toEqual({ 'patch-distance': 1 })
  expect(scoreColumnsOf(['f4.mean.0'])).toEqual({})
})
