import { describe, expect, it } from 'vitest'
import type { Matrix } from '../../bench/npz.js'
import { ONSET, readTep } from '../../bench/tep/data.js'
import { watchTep } from '../../bench/tep/experiment.js'
import { detection, tepReport } from '../../bench/tep/report.js'
import { normals } from '../../connectors/generator/random.js'

const D = 3
const run = (seed: number, rows: number, shift: (row: number) => number = () => 0): Matrix => {
  const normal = normals(seed)
  return { rows, columns: D, values: Float64Array.from({ length: rows * D }, (_, i) => normal() + shift(Math.floor(i / D))) }
}

describe('the detection of a fault', () => {
  const flagged = (...rows: number[]) => Uint8Array.from({ length: 200 }, (_, row) => Number(rows.includes(row)))

  it('counts flagged rows after the onset and false ones before it, without the first 30', () => {
    const { rates, falseRate } = detection([flagged(10, 29, 30, 159, 160, 199), flagged()])
    expect(rates).toEqual([2 / 40, 0])
    expect(falseRate).toBeCloseTo(1 / 130, 12)
  })

  it('is as late as the first of three flagged rows on end that begin after the onset', () => {
    expect(detection([flagged(158, 159, 160, 170, 171, 180, 181, 182), flagged(198, 199), flagged(160, 161, 162)]).delays).toEqual([
      20,
      Number.POSITIVE_INFINITY,
      0,
    ])
  })
})

describe('the evaluation on the Tennessee Eastman process', () => {
  it('fits the first run, takes its thresholds from the second and watches the others', async () => {
    const faults = [
      { name: 'd01', run: run(3, 300, (row) => (row < ONSET ? 0 : 4)) },
      { name: 'd03', run: run(4, 300) },
    ]
    const result = await watchTep({ normal: run(1, 400), normalTest: run(2, 600), faults }, () => undefined)
    expect(result.normal.record.a).toHaveLength(600)
    const report = tepReport(result)
    const rate = (name: string) => Number(new RegExp(`metric ${name} (\\S+)`).exec(report)?.[1])
    expect(rate('tep_gaussian_mean_rate')).toBeGreaterThan(0.45)
    expect(rate('tep_gaussian_mean_rate')).toBeLessThan(0.55)
    expect(rate('tep_far')).toBeLessThan(0.05)
    expect(report).toContain('metric tep_alert_open_far')
  })

  it('needs the data', async () => {
    await expect(readTep('nowhere')).rejects.toThrow(/there is no file nowhere.tep.tep.npz/)
  })
})
