import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { angular } from '../../detectors/angular.js'
import { multiply } from '../../detectors/matmul.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { tapColumnsOf } from '../../detectors/tap-columns.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, rowOf, summaryOf } from './samples.js'
import { vectorRecord, vectorRows } from './vector-rows.js'

describe('angular', () => {
  it('gives the number of an independent implementation (NumPy)', async () => {
    const summary = await summaryOf(vectorRows, 12, 3)
    const fitted = await angular.fit(summary, multiply)
    expect(angular.score(fitted, summary.whitening, vectorRecord) / 3.1111787529127892).toBeCloseTo(1, 9)
  })

  it('does not depend on the length of a record', async () => {
    const d = 8
    const { whitening, ...rest } = await summaryOf(correlatedRows(1, 300, d, 3), 300, d)
    const fitted = await angular.fit({ whitening, ...rest }, multiply)
    fc.assert(
      fc.property(fc.integer(), fc.double({ noNaN: true, min: 1e-3, max: 1e3 }), (seed, length) => {
        const record = correlatedRows(seed, 1, d, 3)
        const scaled = record.map((value) => value * length)
        expect(angular.score(fitted, whitening, scaled) / angular.score(fitted, whitening, record)).toBeCloseTo(1, 6)
      }),
    )
  })

  it('keeps its precision in the graph where the records are long beside their spread', async () => {
    const [n, d] = [400, 6]
    const summary = await summaryOf(correlatedRows(1, n, d, 1e5), n, d)
    const fitted = await angular.fit(summary, multiply)
    const runner = await openGraph(scoringGraph(summary.whitening, [{ detector: angular, fitted }], place(d, []), 'float64'), d)
    const rows = correlatedRows(2, 30, d, 1e5)
    const { scores } = await runner.run(rows, 30)
    await runner.close()
    for (let i = 0; i < 30; i++) {
      expect(scores[0][i] / angular.score(fitted, summary.whitening, rowOf(rows, d, i))).toBeCloseTo(1, 3)
    }
  })

  it('needs two features that vary, and takes a record of zeros', async () => {
    await expect(angular.fit(await summaryOf(correlatedRows(1, 50, 1), 50, 1), multiply)).rejects.toThrow('at least 2 features')
    const summary = await summaryOf(correlatedRows(1, 50, 3), 50, 3)
    const fitted = await angular.fit(summary, multiply)
    expect(Number.isFinite(angular.score(fitted, summary.whitening, new Float64Array(3)))).toBe(true)
  })

  describe('of the features of a backbone', () => {
    const features = ['a', 'b'].flatMap((tap) =>
      ['mean', 'logSd'].flatMap((of) => [0, 1, 2, 3].map((channel) => `${tap}.${of}.${channel}`)),
    )
    const d = features.length
    const taps = tapColumnsOf(features)
    const fitTo = async (rows: Float64Array) => {
      const summary = { ...(await summaryOf(rows, rows.length / d, d)), taps }
      return { whitening: summary.whitening, fitted: await angular.fit(summary, multiply) }
    }

    it('does not depend on what a gain does: means times so much, and the same added to the logarithms of a tap', async () => {
      const { whitening, fitted } = await fitTo(correlatedRows(1, 300, d, 3))
      const gain = fc.double({ noNaN: true, min: -3, max: 3 })
      fc.assert(
        fc.property(fc.integer(), gain, gain, gain, (seed, whole, a, b) => {
          const record = correlatedRows(seed, 1, d, 3)
          const changed = record.map((value, j) => {
            if (taps.some(({ means }) => means.includes(j))) return value * Math.exp(whole)
            return value + (taps[0].logSds.includes(j) ? a : b)
          })
          expect(angular.score(fitted, whitening, changed) / angular.score(fitted, whitening, record)).toBeCloseTo(1, 6)
        }),
      )
    })

    it('scores in the graph as by definition, to the same bits in any batch', async () => {
      const { whitening, fitted } = await fitTo(correlatedRows(1, 400, d, 2))
      const runner = await openGraph(scoringGraph(whitening, [{ detector: angular, fitted }], place(d, []), 'float32'), d)
      const rows = Float32Array.from(correlatedRows(2, 30, d, 2))
      const together = (await runner.run(rows, 30)).scores[0]
      for (let i = 0; i < 30; i++) {
        const alone = (await runner.run(rows.slice(i * d, (i + 1) * d), 1)).scores[0]
        expect(alone[0]).toBe(together[i])
        expect(together[i] / angular.score(fitted, whitening, rowOf(Float64Array.from(rows), d, i))).toBeCloseTo(1, 3)
      }
      await runner.close()
    })
  })
})
