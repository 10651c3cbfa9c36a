import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { drivers } from '../../connectors/kafka/fetch.js'
import { unique } from '../../tests/kit/kafka.js'
import { measurePipeline, measureRaw } from '../kit/measure.js'
import type { Consumption } from '../kit/meter.js'
import { type MonitorSetup, writeMonitor } from '../kit/monitor.js'
import type { FilledTopic } from '../kit/topic.js'
import type { Bench } from '../kit/with-kafka.js'

/** What reading the topic once has shown; of a foreign consumer only the rate is known. */
export type Reading = Pick<Consumption, 'recordsPerSecond'> & Partial<Consumption>

/** Something that reads a topic from its beginning to its end. */
export interface Reader {
  readonly name: string
  /** The first part of its metrics' names: what is compared with the raw consumer. */
  readonly metric: string | undefined
  read(): Promise<Reading>
}

/** All that can read the topic here, the raw consumer first. @param profile folder for processor profiles of Driftwatch's processes */
export function readersOf({ kafka }: Bench, topic: FilledTopic, setup: MonitorSetup, profile: string | undefined): Reader[] {
  const raw: Reader = { name: 'raw kafkajs', metric: undefined, read: () => measureRaw(kafka.brokers, topic, setup.workload) }
  const pipelines = drivers.map(
    (driver): Reader => ({
      name: `driftwatch (${driver})`,
      metric: driver === 'kafkajs' ? 'kafka' : driver,
      read: async () => measurePipeline(await writeMonitor({ ...setup, source: { driver } }), topic, { profile }),
    }),
  )
  const { jars } = kafka
  const java: Reader[] =
    jars === undefined ? [] : [{ name: 'raw Java', metric: 'java', read: () => readWithJava(jars, kafka.brokers, topic) }]
  return [raw, ...pipelines, ...java]
}

/** As the raw kafkajs consumer has it. */
const FETCH_BYTES = 4 * 1024 * 1024

/** Kafka's own tool; its rate leaves out the time of joining the group. */
async function readWithJava(jars: string, brokers: readonly string[], { name, records }: FilledTopic): Promise<Reading> {
  const args = ['--bootstrap-server', brokers.join(','), '--topic', name, '--messages', String(records), '--group', unique('java')]
  const { stdout } = await promisify(execFile)('java', [
    '-cp',
    `${jars}/*`,
    'org.apache.kafka.tools.ConsumerPerformance',
    ...args,
    '--fetch-size',
    String(FETCH_BYTES),
    '--hide-header',
  ])
  const rate = Number(stdout.trim().split('\n').at(-1)?.split(',').at(-1))
  if (!Number.isFinite(rate)) throw new Error(`Kafka's ConsumerPerformance: expected its rate at the end of a line, found\n${stdout}`)
  return { recordsPerSecond: rate }
}
