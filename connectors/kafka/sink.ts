import type { Message } from 'kafkajs'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { AlertEvent } from '../../alerts/event.js'
import type { SinkComponent } from '../component.js'
import type { Sink } from '../sink.js'
import { connectionFields, probe } from './client.js'
import { compressions } from './compression.js'
import { sinkError } from './fault.js'
import { TopicWriter, untilAborted } from './topic-writer.js'
import { requireTopics } from './topics.js'

const schema = z.strictObject({
  ...connectionFields,
  topic: z.string().min(1).describe('Topic to write alerts to; it must exist'),
  compression: z.enum(compressions).default('none').describe('How the records are packed'),
})
type Options = z.output<typeof schema>

/** Writes each alert event as a CloudEvents 1.0 message in structured mode (JSON), keyed by its dedup key. */
export const kafkaSink: SinkComponent<typeof schema> = {
  type: 'kafka',
  title: 'A Kafka topic, one CloudEvents message per alert event',
  schema,
  create: (options, { logger }) => new KafkaSink(options, logger),
}

/** CloudEvents Kafka protocol binding 1.0.2, section 3.3. */
const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' }

export const eventMessage = (event: AlertEvent): Message => ({ key: event.data.dedupKey, value: JSON.stringify(event), headers })

class KafkaSink implements Sink {
  readonly name = 'kafka'
  readonly #writer: TopicWriter

  constructor(
    private readonly options: Options,
    private readonly logger: Logger,
  ) {
    this.#writer = new TopicWriter(options, logger, options.compression)
  }

  async connect(): Promise<void> {
    const { options, logger } = this
    await probe(options, logger, (admin) => requireTopics(admin, [options.topic], options.brokers))
    await this.#writer.connect()
  }

  async write(event: AlertEvent, signal: AbortSignal): Promise<void> {
    await untilAborted(() => this.#writer.send([eventMessage(event)]), signal).catch((error) => {
      throw sinkError(error, this.options.brokers, this.options.topic)
    })
  }

  async close(): Promise<void> {
    await this.#writer.close()
  }
}
