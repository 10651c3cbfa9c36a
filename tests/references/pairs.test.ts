import { afterAll, describe, expect, it } from 'vitest'
import { innovations } from '../../detectors/innovations.js'
import { multiply } from '../../detectors/matmul.js'
import { standardise } from '../../detectors/standardisation.js'
import { openModel } from '../../references/scoring-model.js'
import { summaryOf, sumUp } from '../../references/summed.js'
import { pairMomentsOf, rowOf } from '../detectors/samples.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const [d, n] = [3, 1200]
const values = synthetic({ n, d, seed: 3, phi: 0.8 })
const fitted = async (streams: number) => {
  const summed = await sumUp(asRows(values, d, streams), fitOptions(d, { detectors: ['innovations'] }), tools)
  return summed ?? expect.unreachable('too few rows')
}

describe('pairs of consecutive rows', () => {
  it('are those within the stretches of each fold, none across the edge of a stream', async () => {
    const { folds, standardisation, pairs = [] } = await fitted(10)
    for (const [f, fold] of folds.entries()) {
      expect(pairs[f].n).toBe(fold.reduce((sum, { from, to }) => sum + to - from - 1, 0))
      if (fold.length > 1) continue
      const [{ from, to }] = fold
      const rows = standardise(values.subarray(from * d, to * d), to - from, standardisation)
      const expected = await pairMomentsOf(rows, to - from, d)
      pairs[f].scatter.forEach((value, at) => {
        expect(value).toBeCloseTo(expected.scatter[at], 8)
      })
    }
  })

  it('are not looked at where no detector asks for them', async () => {
    const summed = await sumUp(asRows(values, d), fitOptions(d), tools)
    expect(summed).not.toHaveProperty('pairs')
    expect(summed && summaryOf(summed, [], multiply).bank).not.toHaveProperty('previous')
  })

  it('give a stretch the same scores as its stream has, its first row after the one before it', async () => {
    const summed = await fitted(1)
    const summary = summaryOf(summed, [], multiply)
    const model = await openModel(summary, [innovations], 'float64', tools)
    const window = { size: 64, hop: 16 }
    const scores = async (from: number, to: number) =>
      (await model.score(summed.rows, { from, to, streamFrom: 0, streamTo: summed.rows.n }, window)).scores.get('innovations') ??
      expect.unreachable()
    const whole = await scores(0, n)
    expect([...(await scores(0, 400)), ...(await scores(400, n))]).toEqual([...whole])
    for (const at of [0, 1, 400, 401]) {
      const exact = innovations.score(
        model.fitted.innovations,
        summary.whitening,
        rowOf(values, d, at),
        rowOf(values, d, Math.max(0, at - 1)),
      )
      expect(whole[at] / exact).toBeCloseTo(1, 3)
    }
    await model.close()
  })
})
