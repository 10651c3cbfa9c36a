import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { SinkError } from '../sink.js'
import { type Connection, openKafka } from './client.js'
import { type Compression, compressionType } from './compression.js'
import { partitioner } from './partitioner.js'

/**
 * Writes to one topic with an idempotent producer, one request after the other.
 *
 * Both are needed for each other: kafkajs gives the sequence number of a failed request to the next one. Were that
 * another message, and the failed one stored after all, the broker would drop the new one as a repetition. So requests
 * wait for each other, and after a failure a new producer starts with a new id.
 */
export class TopicWriter {
  readonly #compression: kafkajs.CompressionTypes
  #kafka: Kafka | undefined
  #producer: Producer | undefined
  #last: Promise<void> = Promise.resolve()
  #closed = false

  constructor(
    private readonly options: Connection & { readonly topic: string },
    private readonly logger: Logger,
    compression: Compression = 'none',
  ) {
    this.#compression = compressionType(compression)
  }

  async connect(): Promise<void> {
    // Few retries: the sinks' retry policy goes on, and an outage is to show there.
    this.#kafka = await openKafka(this.options, this.logger, 2)
    this.#producer = await this.#open(this.#kafka)
  }

  /** Resolves when all in-sync replicas have the messages; they are in one request. Throws kafkajs's errors. */
  send(messages: Message[]): Promise<void> {
    const sent = this.#last.then(() => this.#send(messages))
    this.#last = sent.catch(() => {})
    return sent
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#last
    await this.#producer?.disconnect()
  }

  async #send(messages: Message[]): Promise<void> {
    if (this.#closed || !this.#kafka) {
      throw new SinkError('closed', false, `the writer to topic ${this.options.topic} is ${this.#closed ? 'closed' : 'not connected'}`)
    }
    this.#producer ??= await this.#open(this.#kafka)
    try {
      const stored = await this.#producer.send({ topic: this.options.topic, messages, acks: -1, compression: this.#compression })
      // kafkajs leaves out, in silence, what is addressed to a partition that it does not know.
      if (stored.length === 0) throw new kafkajs.KafkaJSError(`no partition ${messages[0]?.partition} is known`)
    } catch (error) {
      const failed = this.#producer
      this.#producer = undefined
      await failed.disconnect()
      throw error
    }
  }

  async #open(kafka: Kafka): Promise<Producer> {
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: partitioner,
      retry: { retries: 3 },
    })
    try {
      await producer.connect()
    } catch (error) {
      await producer.disconnect()
      throw error
    }
    return producer
  }
}
