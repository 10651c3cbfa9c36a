import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Consumption, END, type Report } from './meter.js'
import type { FilledTopic } from './topic.js'
import type { Workload } from './workload.js'

export interface MeasureOptions {
  /** Folder for V8's processor profile of the process; default: none is made. */
  readonly profile?: string | undefined
  /** Told every second while records come. */
  progress?(records: number, rssMb: number): void
}

/** A process that is being measured. */
export interface Measured {
  /** Resolves when the process has read all its records and ended; rejects with what it said when it ends otherwise. */
  readonly consumption: Promise<Consumption>
  /** Ends the measurement, and the process in good order. */
  end(): void
  /** Ends the process as a crash does. */
  kill(): void
}

/** Share of the records of a full topic that count as warm-up. */
const WARM_UP = 0.1

/** Starts the whole pipeline (`driftwatch run`) in its own process; it ends after so many graded records. */
export const startPipeline = (config: string, records: number, warmUp: number, options?: MeasureOptions): Measured =>
  start('pipeline-process.js', [config, String(records), String(warmUp)], options)

/** Runs the whole pipeline over a topic. */
export const measurePipeline = (config: string, { records }: FilledTopic, options?: MeasureOptions): Promise<Consumption> =>
  startPipeline(config, records, WARM_UP * records, options).consumption

/** Reads a topic with a plain kafkajs consumer in its own process; JSON is parsed. */
export const measureRaw = (brokers: readonly string[], { name, records }: FilledTopic, { encoding }: Workload): Promise<Consumption> =>
  start('raw-process.js', [brokers.join(','), name, encoding, String(records), String(WARM_UP * records)]).consumption

function start(script: string, args: readonly string[], { profile, progress }: MeasureOptions = {}): Measured {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  let said = ''
  let consumption: Consumption | undefined
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-5000)
  })
  child.on('message', (message: Report) => {
    if (message.kind === 'end') consumption = message.consumption
    else progress?.(message.records, message.rssMb)
  })
  const ended = async () => {
    const [code, signal] = await once(child, 'close')
    process.off('exit', kill)
    if (code === 0 && consumption !== undefined) return consumption
    throw new Error(`${script} ended with ${code ?? signal} before all records were read; the end of what it said:\n${said}`)
  }
  return { consumption: ended(), end: () => void child.send(END), kill }
}
