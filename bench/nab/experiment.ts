import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import type { AlertEvent } from '../../alerts/event.js'
import { replaySource } from '../../cli/replay.js'
import { parseConfig } from '../../config/load.js'
import { inFolder } from '../in-process.js'
import type { NabSeries } from './corpus.js'
import { probationOf } from './scorer.js'

/** What a monitor makes of a series. */
export interface Watched {
  readonly series: NabSeries
  /** Rows whose record opened an alert. */
  readonly alerts: readonly number[]
  /** The score of each row; -infinity during the probation. */
  readonly scores: Float64Array
  /** Rows after which an alert was open. */
  readonly inAlarm: number
  readonly ms: number
}

const DAY = 86_400_000
/** The budget that the headline is measured with. */
export const BUDGET = '1/day'

/** The shipped replay of a monitor without a reference. Its probation is NAB's, all else the default. */
export const watchSeries = (series: NabSeries): Promise<Watched> =>
  inFolder(async (folder) => {
    const path = join(folder, 'series.csv')
    const { times, values } = series
    const rows = Array.from(values, (value, row) => `${new Date(times[row]).toISOString()},${value}`)
    await writeFile(path, `time,value\n${rows.join('\n')}\n`)
    const config = monitorOf(series, path)
    const events: AlertEvent[] = []
    const scores = new Float64Array(values.length).fill(Number.NEGATIVE_INFINITY)
    let inAlarm = 0
    const began = performance.now()
    await replaySource(config, config.source.create({ monitor: config.name, logger: pino({ level: 'silent' }) }), events, (batch) => {
      for (let i = 0; i < batch.n; i++) {
        scores[batch.offsets[i]] = batch.own?.[i]?.score ?? Number.NEGATIVE_INFINITY
        inAlarm += batch.inAlarm[i]
      }
    })
    const ms = performance.now() - began
    const alerts = events.filter(({ data }) => data.transition === 'opened').map(({ data }) => data.origin.offset)
    return { series, alerts, scores, inAlarm, ms }
  })

function monitorOf(series: NabSeries, path: string) {
  const parsed = parseConfig(
    stringify({
      monitors: [
        {
          name: 'nab',
          source: { file: { path } },
          decode: { csv: { features: ['value'], time: 'time' } },
          reference: { ownPast: { probation: Math.max(150, probationOf(series.values.length)) } },
          alerting: { falseAlarmsPerDay: BUDGET, rowsPerDay: rowsPerDay(series) },
          sinks: [{ stdout: {} }],
        },
      ],
    }),
    {},
  )
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.config.monitors[0]
}

/** By the usual time between two values. */
export function rowsPerDay({ times }: NabSeries): number {
  const gaps = times
    .slice(1)
    .map((time, i) => time - times[i])
    .sort()
  return DAY / gaps[gaps.length >> 1]
}

/** Rows at or above the level, none within so many hours of the last. */
export function alarmsOf({ series: { times }, scores }: Pick<Watched, 'series' | 'scores'>, level: number, hours: number): number[] {
  const alarms: number[] = []
  for (const [row, score] of scores.entries()) {
    const last = alarms.at(-1)
    if (score >= level && (last === undefined || times[row] - times[last] >= hours * 3_600_000)) alarms.push(row)
  }
  return alarms
}
