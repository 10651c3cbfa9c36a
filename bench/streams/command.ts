import { Command } from 'commander'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { metric } from '../figures.js'
import { machineLine } from '../kit/machine.js'
import { type Bench, withKafka } from '../kit/with-kafka.js'
import { type Crowd, crowd, fitCrowd } from './crowd.js'

interface Options {
  readonly dimension: number
  readonly each: number
}

const counts = [1, 1000, 100_000]
const LEAST_RECORDS = 2_000_000

export const streams = new Command('streams')
  .description('1, 1,000 and 100,000 streams on one instance: rate, memory, size of the state, and the time to start with it')
  .option('--dimension <d>', 'features of a record', wholeNumber(1), 64)
  .option('--each <n>', 'records of each stream, where they are many; its window is full after 64', wholeNumber(1), 80)
  .action((options: Options) => withKafka((bench) => measure(bench, options)))

async function measure(bench: Bench, { dimension, each }: Options): Promise<void> {
  const workload = { d: dimension, encoding: 'float32' } as const
  await fitCrowd(bench, workload)
  const crowds: Crowd[] = []
  for (const count of counts) crowds.push(await crowd(bench, workload, count, Math.max(LEAST_RECORDS, count * each)))
  const rows = crowds.map(({ streams, watched, stateBytes, restored }) => [
    streams,
    Math.round(watched.recordsPerSecond),
    Math.round(watched.rssMb),
    Math.round(watched.eventLoopP99Ms),
    Math.round(stateBytes),
    Number(restored.startSeconds.toFixed(1)),
    Math.round(restored.rssMb),
  ])
  const head = [
    'streams',
    'records/s',
    'RSS in MB',
    'event loop p99 in ms',
    'state of a stream in bytes',
    'start in s',
    'RSS after it in MB',
  ]
  const [one, , most] = crowds
  const metrics = [
    metric('rss_100k_streams_mb', Math.max(most.watched.rssMb, most.restored.rssMb)),
    metric('state_bytes_per_stream', most.stateBytes),
    metric('streams_100k_ratio', most.watched.recordsPerSecond / one.watched.recordsPerSecond),
    metric('start_100k_streams_seconds', most.restored.startSeconds),
  ]
  process.stdout.write(`${table([head, ...rows])}\n${machineLine()}\n\n${metrics.join('\n')}\n`)
}
