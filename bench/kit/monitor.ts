import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCodes } from '../../cli/exit.js'
import { unique } from '../../tests/kit/kafka.js'
import { driftwatch } from '../../tests/kit/process.js'
import { DISTINCT_ROWS, decodeOf, type Workload } from './workload.js'

/** A monitor of a workload, as a user would configure it: everything that is not here is Driftwatch's default. */
export interface MonitorSetup {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly workload: Workload
  /** Where the reference lies, and where configuration and state go. */
  readonly folder: string
  readonly sinks: readonly object[]
  /** Further options of the source, such as its driver. */
  readonly source?: object
  /** Where a record's stream stands; default: each partition is one stream. */
  readonly stream?: object
  readonly state?: object
  readonly limits?: object
  /** Default: the two of the pipeline's own benchmarks, which cost next to nothing. */
  readonly detectors?: readonly string[]
}

/** Once in so many records: bars beyond what clean benchmark data reach, as budgets of real monitors are. */
const RECORDS_PER_DAY = 10_000_000

/** Writes the configuration of one run, with a consumer group and a state of its own, and returns its path. */
export async function writeMonitor({
  brokers,
  topic,
  workload,
  folder,
  sinks,
  source,
  stream,
  state,
  limits,
  detectors = ['gaussian', 'hotelling'],
}: MonitorSetup): Promise<string> {
  const run = unique('run')
  const [[codec, options]] = Object.entries(decodeOf(workload))
  const monitor = {
    name: 'bench',
    source: { kafka: { brokers, topics: [topic], group: run, start: 'earliest', ...source } },
    decode: { [codec]: { ...options, ...(stream && { stream }) } },
    detectors,
    reference: { path: join(folder, 'reference') },
    alerting: { falseAlarmsPerDay: 1, rowsPerDay: RECORDS_PER_DAY },
    deadLetters: { file: { path: join(folder, `${run}.dead.ndjson`) } },
    state: state ?? { file: { path: join(folder, run) } },
    sinks,
    ...(limits && { limits }),
  }
  const path = join(folder, `${run}.yaml`)
  await writeFile(path, JSON.stringify({ metrics: { port: 0 }, log: { format: 'json' }, monitors: [monitor] }, null, 2))
  return path
}

/** Fits the monitor's reference to the beginning of its topic, with the command `fit`. */
export async function fitMonitor(config: string, partitions: number): Promise<void> {
  const to = Array.from({ length: partitions }, (_, partition) => `${partition}:${Math.ceil(DISTINCT_ROWS / partitions)}`).join(',')
  const { code, stderr } = await driftwatch(['fit', '--config', config, '--to', to])
  if (code !== exitCodes.ok.code) throw new Error(`driftwatch fit ended with ${code}: ${stderr}`)
}
