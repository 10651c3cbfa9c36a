import { startChild } from './child.js'
import { BEGIN, type Consumption, END, type GradedRange, type Report } from './meter.js'
import type { FilledTopic } from './topic.js'
import type { Workload } from './workload.js'

export interface MeasureOptions {
  /** Folder for V8's processor profile of the process; default: none is made. */
  readonly profile?: string | undefined
  /** Told every second while records come. */
  progress?(records: number, rssMb: number): void
  /** Told of every batch. */
  graded?(range: GradedRange): void
}

/** A process that is being measured. */
export interface Measured {
  /** Resolves when the process has read all its records and ended; rejects with what it said when it ends otherwise. */
  readonly consumption: Promise<Consumption>
  /** Measures from now on. */
  begin(): void
  /** Ends the measurement, and the process in good order. */
  end(): void
  /** Ends the process as a crash does. */
  kill(): void
}

/** Share of the records of a full topic that count as warm-up. */
const WARM_UP = 0.1

/** Starts the whole pipeline (`driftwatch run`) in its own process. It ends after so many graded records; Infinity: when told. */
export const startPipeline = (config: string, records: number, warmUp: number, options?: MeasureOptions): Measured =>
  start('pipeline-process.js', [config, String(records), String(warmUp), ...(options?.graded ? ['ranges'] : [])], options)

/** Runs the whole pipeline over a topic. */
export const measurePipeline = (config: string, { records }: FilledTopic, options?: MeasureOptions): Promise<Consumption> =>
  startPipeline(config, records, WARM_UP * records, options).consumption

/** Reads a topic with a plain kafkajs consumer in its own process; JSON is parsed. */
export const measureRaw = (brokers: readonly string[], { name, records }: FilledTopic, { encoding }: Workload): Promise<Consumption> =>
  start('raw-process.js', [brokers.join(','), name, encoding, String(records), String(WARM_UP * records)]).consumption

function start(script: string, args: readonly string[], { profile, progress, graded }: MeasureOptions = {}): Measured {
  let consumption: Consumption | undefined
  const hear = (message: Report) => {
    if (message.kind === 'end') consumption = message.consumption
    else if (message.kind === 'graded') graded?.(message)
    else progress?.(message.records, message.rssMb)
  }
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = startChild(new URL(script, import.meta.url), args, hear, flags)
  const ended = child.ended.then(() => {
    if (consumption === undefined) throw new Error(`${script} ended before all records were read`)
    return consumption
  })
  return { consumption: ended, begin: () => child.send(BEGIN), end: () => child.send(END), kill: () => child.kill() }
}
