import { beforeAll, describe, expect, it } from 'vitest'
import type { ReferenceSummary } from '../../detectors/detector.js'
import { discopatch, patchScoreOf } from '../../detectors/discopatch.js'
import { multiply } from '../../detectors/matmul.js'
import { correlatedRows, summaryOf } from './samples.js'

const d = 5
const column = 2

describe('discopatch', () => {
  let summary: ReferenceSummary
  beforeAll(async () => {
    summary = await summaryOf(correlatedRows(1, 200, d, 10), 200, d)
  })

  /** So many deviations above the mean in that feature, and elsewhere anything. */
  const row = (sigma: number): Float64Array => {
    const { mean, scale } = summary.whitening
    return Float64Array.from({ length: d }, (_, j) => (j === column ? mean[j] + sigma * scale[j] : 1e3 * j))
  }

  it('is how far the score of the patches is above its mean; below it is no anomaly', async () => {
    const fitted = await discopatch.fit(summary, multiply)
    for (const sigma of [-4, -1, 0, 0.5, 6]) expect(discopatch.score(fitted, summary.whitening, row(sigma))).toBeCloseTo(sigma, 9)
  })

  it('is explained by that feature alone', async () => {
    const shares = discopatch.explain(await discopatch.fit(summary, multiply), summary.whitening, row(3))
    expect(shares.filter(({ share }) => share !== 0).map(({ index }) => index)).toEqual([column])
    expect(shares[column].share).toBeCloseTo(3, 9)
  })

  it('is refused where there is no such feature, or it never varies, with the mend', async () => {
    const { whitening } = summary
    const constant = { ...whitening, active: whitening.active.map((_, j) => j !== column) }
    await expect(discopatch.fit({ ...summary, patchScore: undefined }, multiply)).rejects.toThrow('as pictures.patches, and fit again')
    await expect(discopatch.fit({ ...summary, whitening: constant }, multiply)).rejects.toThrow('give more pictures')
  })

  it('finds its feature by name', () => {
    expect(patchScoreOf(['f4.mean.0', 'discopatch.score'])).toBe(1)
    expect(patchScoreOf(['f4.mean.0'])).toBeUndefined()
  })
})
