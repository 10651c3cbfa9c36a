import { describe, expect, it } from 'vitest'
import type { RecordDetector } from '../../detectors/detector.js'
import { gaussian } from '../../detectors/gaussian.js'
import { multiply } from '../../detectors/matmul.js'
import { student } from '../../detectors/student.js'
import { correlatedRows, rowOf, summaryOf } from './samples.js'
import { vectorRecord, vectorRows } from './vector-rows.js'

describe('student', () => {
  it('gives the number of an independent implementation (NumPy)', async () => {
    const summary = await summaryOf(vectorRows, 12, 3)
    const fitted = await student.fit(summary, multiply)
    expect(student.score(fitted, summary.whitening, vectorRecord) / 11.562750182544802).toBeCloseTo(1, 5)
  })

  it('still sees beside a few wild reference rows, which blow up the covariance of the Gaussian', async () => {
    const [n, d] = [600, 4]
    const wild = (at: number) => (at < 18 * d && at % d === 1 ? (at % (2 * d) === 1 ? 60 : -60) : 0)
    const summary = await summaryOf(
      correlatedRows(1, n, d).map((value, at) => value + wild(at)),
      n,
      d,
    )
    const usual = correlatedRows(2, 200, d)
    const unusual = Float64Array.of(0, 14, 0, 0)
    /** Over the largest of 200 usual ones. */
    const relative = async (detector: RecordDetector) => {
      const fitted = await detector.fit(summary, multiply)
      const score = (row: Float64Array) => detector.score(fitted, summary.whitening, row)
      return score(unusual) / Math.max(...Array.from({ length: 200 }, (_, i) => score(rowOf(usual, d, i))))
    }
    expect(await relative(gaussian)).toBeLessThan(1)
    expect(await relative(student)).toBeGreaterThan(1.5)
  })

  it('agrees with the Gaussian up to a factor where the reference is one', async () => {
    const [n, d] = [2000, 3]
    const summary = await summaryOf(correlatedRows(1, n, d), n, d)
    const fitted = await student.fit(summary, multiply)
    const ratios = Array.from({ length: 50 }, (_, i) => {
      const row = correlatedRows(100 + i, 1, d).map((value) => 3 * value)
      return student.score(fitted, summary.whitening, row) / gaussian.score(fitted, summary.whitening, row)
    })
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeLessThan(1.25)
  })
})
