import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KafkaTestClient } from '../../tests/kit/kafka.js'
import { type RunningKafka, startKafka } from '../../tests/kit/kafka-broker.js'

/** What a benchmark with Kafka works with. */
export interface Bench {
  readonly kafka: RunningKafka
  readonly client: KafkaTestClient
  /** A folder of its own, removed at the end. */
  readonly folder: string
}

/** Does `work` with a broker of its own, or with the cluster of KAFKA_BROKERS. */
export async function withKafka<Result>(work: (bench: Bench) => Promise<Result>): Promise<Result> {
  const kafka = await startKafka()
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-bench-'))
  const client = new KafkaTestClient(kafka.brokers)
  try {
    return await work({ kafka, client, folder })
  } finally {
    await client.close()
    await kafka.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
