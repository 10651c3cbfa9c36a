import { Command } from 'commander'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { unique } from '../../tests/kit/kafka.js'
import { metric } from '../figures.js'
import { machineLine } from '../kit/machine.js'
import { fitMonitor, type MonitorSetup, writeMonitor } from '../kit/monitor.js'
import { fillTopic } from '../kit/topic.js'
import { type Bench, withKafka } from '../kit/with-kafka.js'
import { Group } from './group.js'

interface Options {
  readonly records: number
  readonly sessionTimeout: number
}

const workload = { d: 64, encoding: 'float32' } as const
const PARTITIONS = 12
const SIZES = [1, 2, 3]
const MEASURED_SECONDS = 10
/** Share of the topic after which a measurement ends early. */
const MOST_READ = 0.7

export const replicas = new Command('replicas')
  .description('1, 2 and 3 processes that share 12 partitions: total rate, and what happens when one is killed')
  .option('--records <n>', 'records of the topic', wholeNumber(100_000), 3_000_000)
  .option('--session-timeout <seconds>', 'how long a member may be silent before its partitions go to others', wholeNumber(6), 30)
  .action((options: Options) => withKafka((bench) => measure(bench, options)))

async function measure(bench: Bench, { records, sessionTimeout }: Options): Promise<void> {
  const topic = await fillTopic(bench.client, workload, records, { partitions: PARTITIONS })
  const { brokers } = bench.kafka
  const setup: MonitorSetup = {
    brokers,
    topic: topic.name,
    workload,
    folder: bench.folder,
    sinks: [{ kafka: { brokers, topic: await bench.client.topic('alerts') } }],
    source: { sessionTimeout: `${sessionTimeout}s` },
  }
  await fitMonitor(await writeMonitor(setup), topic.partitions)
  const rates: number[] = []
  for (const size of SIZES) rates.push(await totalRate(setup, size, records))
  const { first, last, twice } = await takeOver(setup, records)
  const head = ['processes', 'records/s in total', 'of one']
  const rows = SIZES.map((size, i) => [size, Math.round(rates[i]), Number((rates[i] / rates[0]).toFixed(2))])
  process.stdout.write(
    [
      table([head, ...rows]),
      `after kill -9 of one of 3: its first partition was worked on again after ${first.toFixed(1)} s, its last after ${last.toFixed(1)} s ` +
        `(session timeout ${sessionTimeout} s); ${twice.toLocaleString('en-GB')} records were scored twice`,
      machineLine(),
      '',
      metric('replicas_2_ratio', rates[1] / rates[0]),
      metric('replicas_3_ratio', rates[2] / rates[0]),
      metric('takeover_seconds', last),
      metric('takeover_beyond_session_seconds', last - sessionTimeout),
      metric('takeover_scored_twice', twice),
      '',
    ].join('\n'),
  )
}

async function totalRate(setup: MonitorSetup, size: number, records: number): Promise<number> {
  const group = await startGroup(setup, size, records)
  await group.allAtWork()
  const begun = { at: performance.now(), records: group.records }
  const seconds = () => (performance.now() - begun.at) / 1000
  await group.until(() => seconds() >= MEASURED_SECONDS || group.records >= MOST_READ * records)
  const rate = (group.records - begun.records) / seconds()
  await group.end()
  return rate
}

async function takeOver(
  setup: MonitorSetup,
  records: number,
): Promise<{ readonly first: number; readonly last: number; readonly twice: number }> {
  const group = await startGroup(setup, 3, records)
  await group.allAtWork()
  const waits = await group.killOne()
  await group.end()
  return { ...waits, twice: group.twice }
}

/** Each group has a state of its own: with that of another it would go on where the other ended. */
async function startGroup(setup: MonitorSetup, size: number, records: number): Promise<Group> {
  const state = { kafka: { brokers: setup.brokers, topic: unique('state'), partitions: PARTITIONS } }
  return new Group(await writeMonitor({ ...setup, state }), size, records)
}
