import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import { chartNames, charts } from '../../calibration/charts.js'
import { countValues, sorted } from '../../calibration/order-statistics.js'
import { conformalP, thinScores } from '../../calibration/p-value.js'
import { inOrder, judgeFolds } from '../../pipelines/null-run.js'
import { fitReference } from '../../references/fit.js'
import { type HeldOut, holdOut } from '../../references/held-out.js'
import { fromFiles, toFiles } from '../../references/manifest.js'
import { mergeReferences } from '../../references/merge.js'
import type { Reference } from '../../references/reference.js'
import { FitRefused } from '../../references/refusal.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const d = 3
const plain = fitOptions(d)
const options = { ...plain, logic: { ...plain.logic, charts: chartNames } }
const rows = (n: number, streams: number) => asRows(synthetic({ n, d, seed: 5 }), d, streams)

describe('charts of held-out scores', () => {
  let heldOut: HeldOut
  let reference: Reference
  beforeAll(async () => {
    heldOut = await holdOut(rows(8000, 2), options, tools)
    reference = await fitReference(rows(8000, 2), options, tools)
  })

  it('run through each stream, by the p that the other folds give', () => {
    const { folds } = heldOut
    const scoresOf = (fold: number) => folds[fold].map(({ scores }) => scores.get('hotelling')!)
    for (const stream of [0, 4000]) {
      let value = 0
      folds.forEach((fold, f) => {
        const others = folds.flatMap((_, other) => (other === f ? [] : scoresOf(other)))
        const p = conformalP(thinScores(sorted(others)), countValues(others))
        const own = fold.find(({ stretch }) => stretch.streamFrom === stream)!
        const expected = own.scores.get('hotelling')!.map((score) => (value = charts.cusum(value, p(score), 16 / 64)))
        expect(own.scores.get('hotelling/cusum')).toEqual(expected)
      })
    }
  })

  it('are calibrated like detectors, and go into the bundle', () => {
    const { maps, evaluations } = reference.calibration
    const names = ['gaussian', 'hotelling', 'hotelling/cusum', 'hotelling/eprocess', 'hotelling/ewma']
    expect(Object.keys(maps).sort()).toEqual(names)
    expect(evaluations['hotelling/cusum']).toBe(evaluations.hotelling)
    expect(fromFiles(toFiles(reference))).toEqual(reference)
    const { charts: _, ...logic } = reference.logic
    expect(() => fromFiles(toFiles({ ...reference, logic }))).toThrow(/changed after it was fitted/)
  })

  it('hold the budget together with the detectors', () => {
    const { rowsPerDay } = heldOut
    for (const [k, least, most] of [
      [8, 2, 15],
      [16, 8, 26],
    ]) {
      const alerting = { falseAlarmsPerDay: (k * rowsPerDay) / 8000, feedback: false, relativeClearing: false }
      const { opened } = inOrder(judgeFolds(heldOut, alerting))
      const total = Object.values(opened).reduce((sum, count) => sum + count, 0)
      expect(total).toBeGreaterThanOrEqual(least)
      expect(total).toBeLessThanOrEqual(most)
    }
    expect(barFor(reference.calibration, (8 * rowsPerDay) / 8000, true).k).toBeCloseTo(8, 6)
  })

  it('change nothing of a reference that asks for none', async () => {
    const without = await fitReference(rows(2000, 1), plain, tools)
    expect(without.logic).not.toHaveProperty('charts')
    expect(Object.keys(without.calibration.maps)).toEqual(['gaussian', 'hotelling'])
  })

  it('are merged like detectors; references with other charts are not', async () => {
    const other = await fitReference(asRows(synthetic({ n: 6000, d, seed: 6 }), d), options, tools)
    const named = (reference: Reference) => ({ name: reference.version, reference })
    const { reference: merged } = await mergeReferences([named(reference), named(other)], undefined, tools)
    expect(merged.logic.charts).toEqual(chartNames)
    expect(merged.calibration.evaluations['hotelling/ewma']).toBe(merged.calibration.evaluations.hotelling)
    expect(fromFiles(toFiles(merged))).toEqual(merged)
    const { charts: _, ...logic } = other.logic
    await expect(mergeReferences([named(reference), named({ ...other, logic })], undefined, tools)).rejects.toThrow(
      /logic.charts: .*same charts/,
    )
  })

  it('need streams that run on: fewer rows are refused, with how many there must be', async () => {
    await expect(fitReference(rows(5200, 1), options, tools)).rejects.toThrow(FitRefused)
    await expect(fitReference(rows(8000, 40), options, tools)).rejects.toThrow(/charts look back on 256 records.* 5120 records are needed/)
  })
})
