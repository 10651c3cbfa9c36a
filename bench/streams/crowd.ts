import { Samples } from '../../tests/kit/process.js'
import { measurePipeline, startPipeline } from '../kit/measure.js'
import type { Consumption } from '../kit/meter.js'
import { fitMonitor, writeMonitor } from '../kit/monitor.js'
import { fillTopic } from '../kit/topic.js'
import type { Bench } from '../kit/with-kafka.js'
import { DISTINCT_ROWS, valuesOf, type Workload } from '../kit/workload.js'

/** What so many streams cost one instance. */
export interface Crowd {
  readonly streams: number
  /** Over the whole topic, with no state to begin with. */
  readonly watched: Consumption
  /** Mean size of a stream's state as it was written. */
  readonly stateBytes: number
  /** A new process that goes on where the first ended. */
  readonly restored: Consumption
}

const PARTITIONS = 4
/** Records that a restored instance is given, to see when it works. */
const MORE = 100

/** One reference serves all: it knows nothing of streams. */
export async function fitCrowd({ client, kafka: { brokers }, folder }: Bench, workload: Workload): Promise<void> {
  const { name, partitions } = await fillTopic(client, workload, DISTINCT_ROWS)
  await fitMonitor(await writeMonitor({ brokers, topic: name, workload, folder, sinks: [{ stdout: {} }] }), partitions)
}

export async function crowd(
  { client, kafka: { brokers }, folder }: Bench,
  workload: Workload,
  streams: number,
  records: number,
): Promise<Crowd> {
  const partitions = Math.min(PARTITIONS, streams)
  const topic = await fillTopic(client, workload, records, { partitions, streams })
  const stateTopic = `${topic.name}-state`
  const sinks = [{ kafka: { brokers, topic: await client.topic('alerts') } }]
  const state = { kafka: { brokers, topic: stateTopic, partitions } }
  const config = await writeMonitor({ brokers, topic: topic.name, workload, folder, sinks, stream: { key: true }, state })

  const watched = await measurePipeline(config, topic)
  const written = (await client.admin.fetchTopicOffsets(stateTopic)).reduce((sum, { high }) => sum + Number(high), 0)
  const bytes = new Samples(watched.pages?.[1] ?? '').sum('state_bytes_total')
  const more = valuesOf(workload).slice(0, MORE)
  await client.produce(
    topic.name,
    more.map((value) => ({ partition: 0, key: 'stream-0', value })),
  )
  const restored = await startPipeline(config, MORE, 0).consumption
  return { streams, watched, stateBytes: bytes / written, restored }
}
