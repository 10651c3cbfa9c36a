import { askDesk } from './desk.js'
import { type Kafka as Cluster, missingForKafka } from './kafka-broker.js'

export { KafkaTestClient, unique } from './kafka-client.js'

/** Looked for once in each test process. */
let missing: Promise<string | undefined> | undefined

/**
 * The run's one broker, started when the first test file asks (global-setup.ts), or why there is none.
 * Use: `const kafka = await kafkaOrSkip()`, then `describe.skipIf(kafka.skip)(title, ...)` with `kafka.skip` in the title.
 * On CI (`CI` is set) a missing broker is a failure.
 */
export async function kafkaOrSkip(): Promise<Partial<Cluster> & { readonly skip?: string }> {
  if ((process.env.KAFKA_BROKERS ?? '') === '') {
    missing ??= missingForKafka()
    const skip = await missing
    if (skip !== undefined && process.env.CI) throw new Error(skip)
    if (skip !== undefined) return { skip }
  }
  return (await askDesk('kafka')) as Cluster
}
