import { table } from '../../cli/terminal.js'
import { median, metric } from '../figures.js'
import { labelOf, type Workload } from '../kit/workload.js'
import type { Contestant } from './contest.js'
import type { Reading } from './readers.js'
import { stageTable } from './stages.js'

/** The contest over one workload; the raw consumer is the first. */
export interface Result {
  readonly workload: Workload
  readonly contestants: readonly Contestant[]
}

/** Of each repetition the rate over that of the raw consumer, which ran next to it. */
const ratios = (readings: readonly Reading[], raw: readonly Reading[]): number[] =>
  readings.map(({ recordsPerSecond }, i) => recordsPerSecond / raw[i].recordsPerSecond)

const range = (values: readonly number[], digits: number): string => {
  if (values.length === 0) return ''
  const text = (value: number) => value.toFixed(digits)
  return `${text(median(values))} (${text(Math.min(...values))} – ${text(Math.max(...values))})`
}

const known = (readings: readonly Reading[], figure: keyof Reading): number[] =>
  readings.flatMap((reading) => (typeof reading[figure] === 'number' ? [reading[figure]] : []))

/** Microseconds per record, of all threads: what holds on a busy machine too. */
const processorTimes = (readings: readonly Reading[]): number[] =>
  readings.flatMap(({ cpuSeconds, records }) => (cpuSeconds === undefined || records === undefined ? [] : [(1e6 * cpuSeconds) / records]))

/** Rates, ratios and costs: medians with the range of the repetitions. */
export function resultTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ workload, contestants }) =>
    contestants.map(({ reader, readings }) => {
      const cost = (figure: keyof Reading) => range(known(readings, figure), 0)
      return [
        labelOf(workload),
        reader.name,
        range(
          known(readings, 'recordsPerSecond').map((rate) => rate / 1000),
          0,
        ),
        range(ratios(readings, contestants[0].readings), 2),
        range(processorTimes(readings), 1),
        cost('rssMb'),
        cost('eventLoopP99Ms'),
      ]
    }),
  )
  return table([
    ['workload', 'reader', 'thousand records/s', 'of raw kafkajs', 'processor µs per record', 'RSS in MB', 'event loop p99 in ms'],
    ...rows,
  ])
}

const short = { float32: 'f32', json: 'json' }

export function resultMetrics(results: readonly Result[]): string[] {
  const compared = results.flatMap(({ workload: { d, encoding }, contestants }) =>
    contestants.flatMap(({ reader, readings }) =>
      reader.metric === undefined
        ? []
        : [metric(`${reader.metric}_${short[encoding]}_${d}_ratio`, median(ratios(readings, contestants[0].readings)))],
    ),
  )
  const pipelines = results.flatMap(({ contestants }) => contestants.filter(({ reader }) => reader.metric === 'kafka'))
  const worst = (figure: keyof Reading) => Math.max(...pipelines.map(({ readings }) => median(known(readings, figure))))
  return [...compared, metric('rss_mb', worst('rssMb')), metric('event_loop_p99_ms', worst('eventLoopP99Ms'))]
}

/** Where the time of Driftwatch's last repetition went, reader by reader. */
export const stagesOf = (contestants: readonly Contestant[]): string =>
  contestants
    .flatMap(({ reader, readings }) => {
      const last = readings.at(-1)
      return last?.pages === undefined ? [] : [`  ${reader.name}`, stageTable(last)]
    })
    .join('\n')
