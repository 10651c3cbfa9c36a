import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowedPerDay, inOrder, judgeFolds, type NullOptions, type NullRun, resampled } from '../../pipelines/null-run.js'
import { fitReference } from '../../references/fit.js'
import { type HeldOut, holdOut } from '../../references/held-out.js'
import { asRows, fitOptions, openTools, synthetic } from '../references/synthetic.js'

const options = fitOptions(3)
const rows = () => asRows(synthetic({ n: 8000, d: 3, seed: 5 }), 3, 2)
const total = ({ opened }: NullRun) => Object.values(opened).reduce((sum, count) => sum + count, 0)

describe('a null run', () => {
  let heldOut: HeldOut
  let rowsPerDay: number
  beforeAll(async () => {
    const tools = await openTools()
    heldOut = await holdOut(rows(), options, tools)
    rowsPerDay = (await fitReference(rows(), options, tools)).calibration.rowsPerDay
    await tools.close()
  })
  afterAll(() => heldOut.rung.rows.store.close())

  const judged = (k: number, changes: Partial<NullOptions> = {}) => {
    const falseAlarmsPerDay = (k * rowsPerDay) / 8000
    const alerting = { falseAlarmsPerDay, feedback: false, relativeClearing: false, ...changes }
    return judgeFolds(heldOut, alerting)
  }

  it('takes every record of every stream once, and opens about what the budget allows', () => {
    for (const [k, least, most] of [
      [8, 2, 15],
      [40, 26, 56],
    ]) {
      const run = inOrder(judged(k))
      expect(run.records).toBe(8000)
      expect(total(run)).toBeGreaterThanOrEqual(least)
      expect(total(run)).toBeLessThanOrEqual(most)
    }
  })

  it('draws copies of the same length by their seed', () => {
    const folds = judged(20)
    const copies = [1, 2, 1].map((seed) => resampled(folds, seed))
    expect(copies[2]).toEqual(copies[0])
    expect(copies[1]).not.toEqual(copies[0])
    expect(copies.map(({ records }) => records)).toEqual([8000, 8000, 8000])
  })

  it('follows the settings: feedback holds a limit that is too low nearer to the budget', () => {
    const fixedThresholds = { gaussian: 8 }
    const [free, fed] = [false, true].map((feedback) => total(inOrder(judged(8, { fixedThresholds, feedback }))))
    expect(free).toBeGreaterThan(40)
    expect(fed).toBeLessThan(free)
  })

  it('expects no more than the alarm can open', () => {
    expect(allowedPerDay(judged(8))).toBeCloseTo((8 * rowsPerDay) / 8000, 6)
    expect(allowedPerDay(judged(4000))).toBeLessThan((2000 * rowsPerDay) / 8000)
  })
})
