import { type ChartSeries, charts, MEMORY } from '../calibration/charts.js'
import { countValues, sorted } from '../calibration/order-statistics.js'
import { conformalP, thinScores } from '../calibration/p-value.js'
import { lengthText, longestOf, type WindowShape } from '../detectors/window-shape.js'
import type { HeldOutStretch } from './held-out.js'
import { FitRefused } from './refusal.js'
import type { Rows } from './rows.js'
import { extentsOf } from './sub-blocks.js'

/** Memories of a chart that the reference must hold, end to end, beyond the first of each stream. */
const LEAST_MEMORIES = 20

/** Throws `FitRefused` when charts would never come to what they are in a stream that goes on. */
export function checkCharts(rows: Rows, window: WindowShape): void {
  const memory = MEMORY * longestOf(window)
  const beyond = extentsOf(rows, window).reduce((sum, extent) => sum + Math.max(0, extent - memory), 0)
  if (beyond >= LEAST_MEMORIES * memory) return
  throw new FitRefused(
    'too_few_windows',
    `charts look back on ${lengthText(window, memory)} (${MEMORY} of the longest windows), and what each stream has after its first ` +
      `${lengthText(window, memory)} is ${lengthText(window, beyond)} in all, at least ${lengthText(window, LEAST_MEMORIES * memory)} are needed; ` +
      'give more rows per stream, shorter windows (window.longer), or no charts',
  )
}

/**
 * The stretches with the values of charts over their window detectors, as the live stream has them: a chart runs on through its stream,
 * by the p that the other folds' held-out scores give each score.
 */
export function charted(
  folds: readonly (readonly HeldOutStretch[])[],
  series: readonly ChartSeries[],
  window: WindowShape,
): HeldOutStretch[][] {
  const part = window.hop / longestOf(window)
  const values = new Map<HeldOutStretch, Map<string, Float64Array>>(folds.flat().map((one) => [one, new Map(one.scores)]))
  for (const { name, chart, detector } of series) {
    const scoresOf = ({ scores }: HeldOutStretch) => scores.get(detector) ?? new Float64Array()
    const pValue = new Map<HeldOutStretch, (score: number) => number>()
    for (const fold of folds) {
      const p = pValueBy(folds.filter((other) => other !== fold).flatMap((other) => other.map(scoresOf)))
      for (const one of fold) pValue.set(one, p)
    }
    let value = 0
    let stream = Number.NaN
    for (const one of inOrder(folds)) {
      if (one.stretch.streamFrom !== stream) value = 0
      stream = one.stretch.streamFrom
      const p = pValue.get(one)!
      values.get(one)!.set(
        name,
        scoresOf(one).map((score) => {
          value = charts[chart](value, p(score), part)
          return value
        }),
      )
    }
  }
  return folds.map((fold) => fold.map((one) => ({ ...one, scores: values.get(one)! })))
}

const pValueBy = (held: readonly Float64Array[]) => conformalP(thinScores(sorted(held)), countValues(held))

/** By stream, and in time within each. */
const inOrder = (folds: readonly (readonly HeldOutStretch[])[]): HeldOutStretch[] =>
  folds.flat().sort(({ stretch: one }, { stretch: other }) => one.from - other.from)
