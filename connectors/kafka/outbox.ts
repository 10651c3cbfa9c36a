import kafkajs, { type Kafka, type Message, type Producer, type Transaction } from 'kafkajs'
import type { Position } from '../source.js'
import { type Compression, compressionType } from './compression.js'
import { inChunks } from './messages.js'
import { partitioner } from './partitioner.js'

/** Where staged messages go. */
export interface Destination {
  readonly topic: string
  readonly compression: Compression
}

/**
 * What one input partition has to write, and the transactional producer that writes all of it with the partition's offset, or nothing.
 *
 * kafkajs sends the offsets without the group's generation, so only the transactional id keeps a former owner of the partition from
 * committing: there is one id per input partition, and opening an outbox fences every other that was opened with it.
 */
export class Outbox {
  readonly #staged = new Map<Destination, Message[]>()

  private constructor(
    private readonly producer: Producer,
    private transaction: Transaction,
  ) {}

  /** Resolves when no transaction of a former outbox of this id can be committed any more, and the outcome of its last one is settled. */
  static async open(kafka: Kafka, transactionalId: string): Promise<Outbox> {
    const producer = kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: partitioner,
      retry: { retries: 3 },
    })
    try {
      await producer.connect()
      // Not the connection but the first transaction of a producer is what fences the others in kafkajs.
      return new Outbox(producer, await producer.transaction())
    } catch (error) {
      await producer.disconnect()
      throw error
    }
  }

  /** Keeps messages for the next transaction, in their order. */
  stage(destination: Destination, messages: readonly Message[]): void {
    const staged = this.#staged.get(destination)
    if (staged === undefined) this.#staged.set(destination, [...messages])
    else for (const message of messages) staged.push(message)
  }

  /**
   * Writes everything staged and the position of the group in one transaction. When it throws, the transaction may have been
   * committed or not: what holds is to be read back through a new outbox, and this one is of no more use.
   */
  async commit(group: string, { lease: { topic, partition }, offset }: Position): Promise<void> {
    const staged = [...this.#staged]
    this.#staged.clear()
    for (const [destination, messages] of staged) await write(this.transaction, destination, messages)
    const topics = [{ topic, partitions: [{ partition, offset: String(offset) }] }]
    await this.transaction.sendOffsets({ consumerGroupId: group, topics })
    await this.transaction.commit()
    this.transaction = await this.producer.transaction()
  }

  close(): Promise<void> {
    return this.producer.disconnect()
  }
}

async function write(transaction: Transaction, { topic, compression }: Destination, messages: readonly Message[]): Promise<void> {
  for (const chunk of inChunks(messages)) {
    const stored = await transaction.send({ topic, messages: chunk, acks: -1, compression: compressionType(compression) })
    // kafkajs leaves out, in silence, what is addressed to a partition that it does not know.
    if (stored.length === 0) throw new kafkajs.KafkaJSError(`topic ${topic}: no partition ${chunk[0]?.partition} is known`)
  }
}
