import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChartName, chartNames, chartSeries, charts, normalScore } from '../../calibration/charts.js'

const run = (chart: ChartName, ps: readonly number[], part = 1): number[] => {
  let value = 0
  return ps.map((p) => {
    value = charts[chart](value, p, part)
    return value
  })
}

const expectClose = (values: readonly number[], expected: readonly number[]) =>
  expect(values).toEqual(expected.map((value) => expect.closeTo(value, 6)))

// x = .2 -.5 .1 .4 1.2 .9 1.5 .7 1.8 1.1 of an independent computation: p = 1 - Phi(x), and 1 - Phi(x - .25), by Python's math.erfc.
const ofX = [
  0.420740290560897, 0.6914624612740131, 0.460172162722971, 0.3445782583896758, 0.1150696702217083, 0.1840601253467595, 0.06680720126885809,
  0.24196365222307306, 0.03593031911292581, 0.13566606094638267,
]
const ofXLess = [
  0.5199388058383725, 0.7733726476231317, 0.5596176923702425, 0.4403823076297575, 0.17105612630848185, 0.2578461108058647,
  0.10564977366685528, 0.3263552202879201, 0.060570758002059, 0.19766254312269238,
]

describe('charts', () => {
  it('CUSUM adds up what is over its allowance (x with k = .5 is x - .25 with k = .25)', () => {
    expectClose(run('cusum', ofXLess), [0, 0, 0, 0, 0.7, 1.1, 2.1, 2.3, 3.6, 4.2])
  })

  it('EWMA is the weighted mean of the last scores', () => {
    const weight = 0.2
    expectClose(
      run('ewma', ofX, 4 * weight),
      [0.04, -0.068, -0.0344, 0.05248, 0.281984, 0.4055872, 0.62446976, 0.639575808, 0.8716606464, 0.9173285171],
    )
  })

  it('the e-process multiplies its bets, never from below 1', () => {
    const ps = [0.5, 0.03, 0.2, 0.01, 0.6, 0.02, 0.04, 0.001]
    expectClose(
      run('eprocess', ps).map((value) => Math.exp(value) / 1000),
      [Math.SQRT1_2, 2.8867513459, 3.2274861218, 16.1374306092, 10.4166666667, 36.8284781868, 92.071195467, 1455.7734228514].map(
        (e) => e / 1000,
      ),
    )
  })

  const p = fc.double({ min: 1e-12, max: 1, noNaN: true })
  const ps = fc.array(p, { maxLength: 300 })
  const part = fc.constantFrom(1, 1 / 4, 1 / 16)
  const chart = fc.constantFrom(...chartNames)

  it('stay within 16 windows and finite, whatever they see', () => {
    fc.assert(
      fc.property(chart, ps, part, (name, seen, of) => {
        for (const value of run(name, seen, of)) expect(Number.isFinite(value) && value <= 16).toBe(true)
      }),
    )
  })

  it('never fall where an evaluation is rarer', () => {
    fc.assert(
      fc.property(chart, ps, part, fc.double({ min: 0.01, max: 1, noNaN: true }), (name, seen, of, factor) => {
        const last = (values: number[]) => values.at(-1) ?? 0
        const rarer = seen.map((one) => one * factor)
        expect(last(run(name, rarer, of))).toBeGreaterThanOrEqual(last(run(name, seen, of)) - 1e-9)
      }),
    )
  })

  it('see one window as no more than 4 standard deviations', () => {
    expect([normalScore(1e-12), normalScore(1), normalScore(0.5)]).toEqual([4, -4, expect.closeTo(0, 9)])
  })

  it('are named after the detector that they sit on, in one order', () => {
    expect(chartSeries(['ewma', 'cusum'], ['hotelling', 'mmd']).map(({ name }) => name)).toEqual([
      'hotelling/cusum',
      'hotelling/ewma',
      'mmd/cusum',
      'mmd/ewma',
    ])
  })
})
