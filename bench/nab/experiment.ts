import { PastDetector, pastDefaults } from '../../detectors/past/past.js'
import type { NabSeries } from './corpus.js'
import { probationOf } from './scorer.js'

/** A series with the score of each row; -infinity during the warm-up. */
export interface Scored {
  readonly series: NabSeries
  readonly scores: Float64Array
  readonly ms: number
}

/** Scores a series as it comes: each value by those before it. The warm-up is NAB's probation, all else the default. */
export function scoreSeries(series: NabSeries): Scored {
  const { values, times } = series
  const detector = new PastDetector({ ...pastDefaults, warmUp: probationOf(values.length) })
  const began = performance.now()
  const scores = values.map((value, row) => detector.add(value, times[row]) ?? Number.NEGATIVE_INFINITY)
  return { series, scores, ms: performance.now() - began }
}

/** When an alarm may follow the last one. */
export type Refractory = (series: NabSeries, last: number, row: number) => boolean

/** A quarter of the probation: the study's. */
export const quarterProbation: Refractory = ({ values }, last, row) => row - last >= probationOf(values.length) / 4

/** As a product would have it: a time. */
export const hours =
  (count: number): Refractory =>
  ({ times }, last, row) =>
    times[row] - times[last] >= count * 3_600_000

/** Rows at or above the level, none within the refractory period of the last. */
export function alarmsOf({ series, scores }: Scored, level: number, mayFollow: Refractory): number[] {
  const alarms: number[] = []
  for (const [row, score] of scores.entries()) {
    const last = alarms.at(-1)
    if (score >= level && (last === undefined || mayFollow(series, last, row))) alarms.push(row)
  }
  return alarms
}
