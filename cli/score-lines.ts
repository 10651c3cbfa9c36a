import { OWN_PAST } from '../pipelines/assemble-own-past.js'
import type { Graded } from '../pipelines/batch.js'
import { type Scale, type Scales, scalesFor } from '../pipelines/calibrate.js'

interface Scored {
  readonly score: number
  readonly falseAlarmsPerDay: number
}

/**
 * One JSON line per record: where it stands, its stream and time, per detector its score and lambda (alerts per day at that
 * score), and whether an alert of its stream is open. A window detector has a score on the records that complete a window.
 */
export function scoreLines(batch: Graded, scales: Scales): string {
  const windows = new Map(batch.windows.map((evaluation, i) => [evaluation.row, i]))
  const { topic, partition } = batch.partition.lease
  const lines = Array.from({ length: batch.n }, (_, row) => {
    const window = windows.get(row)
    const detectors: Record<string, Scored> = {}
    const { name } = batch.states[batch.stateOf[row]]
    const { record, drift } = scalesFor(name, scales)
    record.forEach((scale, j) => {
      detectors[scale.detector] = scored(scale, batch.scores[j][row])
    })
    drift.forEach((scale, j) => {
      if (window !== undefined) detectors[scale.detector] = scored(scale, batch.windows[window].scores[j])
    })
    const found = batch.own?.[row]
    if (found !== undefined) detectors[OWN_PAST] = { score: digits(found.score), falseAlarmsPerDay: digits(found.perDay) }
    const place = { topic, partition, offset: batch.offsets[row] }
    const time = new Date(batch.times[row]).toISOString()
    return `${JSON.stringify({ ...place, stream: name, time, detectors, flagged: batch.inAlarm[row] === 1 })}\n`
  })
  return lines.join('')
}

const scored = (scale: Scale, score: number): Scored => ({ score: digits(score), falseAlarmsPerDay: digits(10 ** -scale.decades(score)) })

const digits = (value: number): number => Number(value.toPrecision(6))
