import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Consumption, Report } from './meter.js'
import type { FilledTopic } from './topic.js'
import type { Workload } from './workload.js'

export interface MeasureOptions {
  /** Folder for V8's processor profile of the process; default: none is made. */
  readonly profile?: string | undefined
  /** Told every second. */
  progress?(records: number, rssMb: number): void
}

/** Runs the whole pipeline (`driftwatch run`) in its own process until so many records are graded. */
export const measurePipeline = (config: string, records: number, options?: MeasureOptions): Promise<Consumption> =>
  measure('pipeline-process.js', [config, String(records)], options)

/** Reads the topic with a plain kafkajs consumer in its own process; JSON is parsed. */
export const measureRaw = (
  brokers: readonly string[],
  { name, records }: FilledTopic,
  { encoding }: Workload,
  options?: MeasureOptions,
): Promise<Consumption> => measure('raw-process.js', [brokers.join(','), name, String(records), encoding], options)

async function measure(script: string, args: readonly string[], { profile, progress }: MeasureOptions = {}): Promise<Consumption> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  })
  const kill = () => child.kill('SIGKILL')
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
  const [code, signal] = await once(child, 'close')
  process.off('exit', kill)
  if (code === 0 && consumption !== undefined) return consumption
  throw new Error(`${script} ended with ${code ?? signal} before all records were read; the end of what it said:\n${said}`)
}
