import { pino } from 'pino'
import { z } from 'zod'
import { connectionFields, probe } from '../connectors/kafka/client.js'
import { kafkaRange } from '../connectors/kafka/range.js'
import type { RawRecord } from '../connectors/source.js'
import { startKafka } from '../tests/kit/kafka-broker.js'

const silent = pino({ level: 'silent' })
const connection = z.strictObject(connectionFields)

/** Does work with the given brokers, or with one that is started for it and removed afterwards. */
export async function withBrokers<Result>(brokers: readonly string[] | undefined, work: (brokers: readonly string[]) => Promise<Result>): Promise<Result> {
  if (brokers !== undefined) return work(brokers)
  const kafka = await startKafka()
  try {
    return await work(kafka.brokers)
  } finally {
    await kafka.stop()
  }
}

/** Does work with fresh topics of one partition each, which are deleted afterwards. */
export async function withTopics<Result>(brokers: readonly string[], topics: readonly string[], work: () => Promise<Result>): Promise<Result> {
  const options = connection.parse({ brokers })
  const wanted = topics.map((topic) => ({ topic, numPartitions: 1, replicationFactor: -1 }))
  await probe(options, silent, (admin) => admin.createTopics({ topics: wanted, waitForLeaders: true }))
  try {
    return await work()
  } finally {
    await probe(options, silent, (admin) => admin.deleteTopics({ topics: [...topics] }))
  }
}

/** Everything that a topic holds now, in the order of its partitions. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<RawRecord[]> {
  const source = kafkaRange.create(kafkaRange.schema.parse({ brokers, topic }), { monitor: 'evaluation', logger: silent })
  const records: RawRecord[] = []
  try {
    await source.connect()
    for await (const event of source.read()) {
      if (event.kind === 'assigned') event.begin(event.initial)
      if (event.kind === 'batch') records.push(...event.records)
    }
    return records
  } finally {
    await source.close()
  }
}
