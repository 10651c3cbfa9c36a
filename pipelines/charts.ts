import type { ChartFinding } from '../alerts/grade.js'
import { type ChartSeries, chartSeries, charts } from '../calibration/charts.js'
import { conformalP } from '../calibration/p-value.js'
import { longestOf } from '../detectors/window-shape.js'
import type { Reference } from '../references/reference.js'

/** Numbers that are kept of a chart: its value, and the time and offset of the evaluation with which it began to be above 0. */
export const CHART_NUMBERS = 3

interface LiveSeries extends ChartSeries {
  /** Index of its detector among the window detectors. */
  readonly index: number
  pValue(score: number): number
}

/** The charts over the reference's window detectors. */
export class Charts {
  readonly series: readonly LiveSeries[]
  /** Index of the first series among the scores of drift: those of the window detectors come before. */
  readonly first: number
  readonly #part: number

  /** @param windowDetectors in the order of their scores */
  constructor({ logic, calibration: { quantiles, evaluations } }: Reference, windowDetectors: readonly string[]) {
    this.series = chartSeries(logic.charts ?? [], windowDetectors).map((one) => ({
      ...one,
      index: windowDetectors.indexOf(one.detector),
      pValue: conformalP(quantiles[one.detector], evaluations[one.detector]),
    }))
    this.first = windowDetectors.length
    this.#part = logic.window.hop / longestOf(logic.window)
  }

  /** Carries a stream's charts on by an evaluation of its windows. */
  step(state: Float64Array, scores: readonly number[], time: number, offset: number): void {
    this.series.forEach(({ chart, index, pValue }, i) => {
      const at = i * CHART_NUMBERS
      const value = charts[chart](state[at], pValue(scores[index]), this.#part)
      if (value > 0 && state[at] <= 0) {
        state[at + 1] = time
        state[at + 2] = offset
      }
      state[at] = value
    })
  }

  /** Per series its value. */
  values(state: Float64Array): number[] {
    return this.series.map((_, i) => state[i * CHART_NUMBERS])
  }

  /** What a series says after an evaluation; undefined: there is no such one. */
  told(state: Float64Array, i: number): ChartFinding | undefined {
    if (this.series[i] === undefined) return undefined
    const { chart, detector } = this.series[i]
    const [value, time, offset] = state.subarray(i * CHART_NUMBERS, (i + 1) * CHART_NUMBERS)
    return { chart, detector, value, since: { time, offset } }
  }
}
