import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { drivers } from '../../connectors/kafka/fetch.js'
import { median, metric } from '../figures.js'
import { alternate, ratios, spread } from '../kit/alternate.js'
import { machineLine } from '../kit/machine.js'
import { measurePipeline } from '../kit/measure.js'
import { fitMonitor, writeMonitor } from '../kit/monitor.js'
import { type FilledTopic, fillTopic } from '../kit/topic.js'
import { type Bench, withKafka } from '../kit/with-kafka.js'
import { DISTINCT_ROWS, labelOf, valuesOf, type Workload } from '../kit/workload.js'
import { npyHeader } from '../npz.js'
import { PeerProcess, unlessAbsent } from './peer-process.js'

type Driver = (typeof drivers)[number]

/** What one would use instead. Slow ones read only the beginning of the topic. */
interface Peer {
  readonly name: string
  readonly folder: string
  readonly script: string
  readonly records: number
}

const numpy: Peer = { name: 'numpy', folder: 'numpy', script: 'mahalanobis.py', records: Number.POSITIVE_INFINITY }
const alibi: Peer = { name: 'alibi', folder: 'alibi-detect', script: 'mahalanobis.py', records: 50_000 }
const river: Peer = { name: 'river', folder: 'river', script: 'half_space_trees.py', records: 50_000 }

interface Contest {
  readonly workload: Workload
  readonly peers: readonly Peer[]
  readonly records: number
}

const contests: readonly Contest[] = [
  { workload: { d: 64, encoding: 'float32' }, peers: [numpy, alibi, river], records: 3_000_000 },
  { workload: { d: 512, encoding: 'float32' }, peers: [numpy], records: 1_000_000 },
]

interface Options {
  readonly rounds: number
  readonly records?: number
}

export const peers = new Command('peers')
  .description('The whole pipeline against Python: confluent-kafka with NumPy, alibi-detect and river, on the same topics')
  .option('--rounds <n>', 'how often each reads each topic, in turn', wholeNumber(1), 3)
  .option('--records <n>', 'records of each topic; default: three million at 64 features, one million at 512', wholeNumber(10_000))
  .action((options: Options) =>
    withKafka(async (bench) => {
      const results: Result[] = []
      for (const one of contests) results.push(await contest(bench, { ...one, ...options }))
      process.stdout.write(`${results.map(report).join('\n\n')}\n${machineLine()}\n\n${results.flatMap(metrics).join('\n')}\n`)
    }),
  )

/** What reading a topic showed: records per second, and processor seconds of each. */
interface Reading {
  readonly rate: number
  readonly cpuSeconds: number
}
type Measure = () => Promise<Reading>

interface Result {
  readonly workload: Workload
  /** By driver. */
  readonly driftwatch: readonly (readonly [Driver, readonly Reading[]])[]
  readonly peers: readonly { readonly peer: Peer; readonly title: string; readonly readings: readonly Reading[] }[]
}

async function contest(bench: Bench, { workload, peers, rounds, records }: Contest & Options): Promise<Result> {
  const { brokers } = bench.kafka
  const folder = join(bench.folder, String(workload.d))
  await mkdir(folder)
  const topic = await fillTopic(bench.client, workload, records)
  const sinks = [{ kafka: { brokers, topic: await bench.client.topic('alerts') } }]
  const setup = { brokers, topic: topic.name, workload, folder, sinks }
  await fitMonitor(await writeMonitor(setup), topic.partitions)
  const reference = await writeReference(workload, folder)
  const started = await Promise.all(peers.map((peer) => start(peer, brokers, topic, reference)))
  const driftwatch =
    (driver: Driver): Measure =>
    async () => {
      const { recordsPerSecond, cpuSeconds, records } = await measurePipeline(await writeMonitor({ ...setup, source: { driver } }), topic)
      return { rate: recordsPerSecond, cpuSeconds: cpuSeconds / records }
    }
  const contenders = Object.fromEntries([
    ...drivers.map((driver): [string, Measure] => [driver, driftwatch(driver)]),
    ...started.map(({ peer, process }): [string, Measure | undefined] => [peer.name, process && (() => readingOf(process, peer, topic))]),
  ])
  const readings = await alternate(rounds, contenders)
  for (const { process } of started) await process?.end()
  return {
    workload,
    driftwatch: drivers.map((driver) => [driver, readings[driver]] as const),
    peers: started.map(({ peer, process }) => ({ peer, title: process?.title ?? `${peer.name} is absent`, readings: readings[peer.name] })),
  }
}

const start = async (peer: Peer, brokers: readonly string[], { name }: FilledTopic, reference: string) => ({
  peer,
  process: await unlessAbsent(PeerProcess.start(peer.folder, peer.script, [brokers.join(','), name, reference])),
})

async function readingOf(process: PeerProcess, { records }: Peer, topic: FilledTopic): Promise<Reading> {
  const [rate, cpuSeconds] = (await process.ask(String(Math.min(records, topic.records)))).split(' ').map(Number)
  return { rate, cpuSeconds }
}

/** The rows that the monitor's reference is fitted to, for the peers. */
async function writeReference(workload: Workload, folder: string): Promise<string> {
  const path = join(folder, 'reference.npy')
  await writeFile(path, Buffer.concat([npyHeader('<f4', DISTINCT_ROWS, workload.d), ...valuesOf(workload)]))
  return path
}

const rates = (readings: readonly Reading[]): number[] => readings.map(({ rate }) => rate)
const work = (readings: readonly Reading[]): number[] => readings.map(({ cpuSeconds }) => cpuSeconds)

const report = ({ workload, driftwatch, peers }: Result): string => {
  const count = (value: number) => Math.round(value).toLocaleString('en-GB')
  const times = (value: number) => value.toFixed(1)
  const micros = (value: number) => (1e6 * value).toFixed(1)
  const than = (of: (readings: readonly Reading[]) => number[], readings: readonly Reading[], more: boolean) =>
    driftwatch.map(([, own]) => spread(more ? ratios(of(own), of(readings)) : ratios(of(readings), of(own)), times))
  const head = [`faster by (${drivers.join(', ')})`, '', 'processor µs per record', 'needs less by', '']
  return table([
    [labelOf(workload), 'records/s', ...head],
    ...driftwatch.map(([driver, own]) => [`driftwatch (${driver})`, spread(rates(own), count), '', '', spread(work(own), micros)]),
    ...peers
      .filter(({ readings }) => readings.length > 0)
      .map(({ title, readings }) => [
        title,
        spread(rates(readings), count),
        ...than(rates, readings, true),
        spread(work(readings), micros),
        ...than(work, readings, false),
      ]),
    ...peers.filter(({ readings }) => readings.length === 0).map(({ title }) => [title]),
  ])
}

const metrics = ({ workload, driftwatch, peers }: Result): string[] =>
  peers
    .filter(({ readings }) => readings.length > 0)
    .flatMap(({ peer, readings }) =>
      driftwatch.map(([driver, own]) => {
        const name = driver === drivers[0] ? peer.name : `${driver}_${peer.name}`
        return metric(`${name}_${workload.d}_ratio`, median(ratios(rates(own), rates(readings))))
      }),
    )
