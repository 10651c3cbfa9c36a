import { randomUUID } from 'node:crypto'
import kafkajs, { type Admin, type Message } from 'kafkajs'
import { z } from 'zod'
import type { ComponentContext, StoreComponent } from '../component.js'
import type { Lease, PartitionRef } from '../source.js'
import type { Round, StateStore, StoredState, StreamSnapshot } from '../store.js'
import { persistently, topicBounds } from './assignment.js'
import { connectionFields, openKafka, probe } from './client.js'
import { described, faultOf, writeFault } from './fault.js'
import { where } from './feed.js'
import { inChunks } from './messages.js'
import { StateReader } from './state-reader.js'
import { parseKey, parseValue, toRecords } from './state-records.js'
import { TopicWriter } from './topic-writer.js'
import { requireTopics } from './topics.js'
import { Turns } from './turns.js'

const schema = z.strictObject({
  ...connectionFields,
  topic: z.string().min(1).describe('Compacted topic that keeps the state; monitors may share it'),
  create: z.boolean().default(true).describe('Whether to create the topic when it is missing'),
  partitions: z
    .int()
    .positive()
    .default(32)
    .describe('Partitions of a topic that is created: at least as many as the largest input topic has. More can be added at any time'),
  group: z.string().min(1).default('driftwatch-state').describe('Beginning of the names of the throw-away groups that read the topic'),
})
type Options = z.output<typeof schema>

/** Keeps state in a compacted topic: one record per stream, and a marker for each finished round. */
export const kafkaState: StoreComponent<typeof schema> = {
  type: 'kafka',
  title: 'A compacted Kafka topic',
  schema,
  create: (options, context) => new KafkaStateStore(options, context),
}

/** The topic's compaction keeps a restart short: what was overwritten is to go within minutes, not at 1 GiB or a week. */
const topicConfig = {
  'cleanup.policy': 'compact',
  'segment.bytes': String(16 * 1024 * 1024),
  'segment.ms': '600000',
  'min.cleanable.dirty.ratio': '0.2',
  'max.message.bytes': String(10 * 1024 * 1024),
}

class KafkaStateStore implements StateStore {
  readonly #writer: TopicWriter
  /** Readings of one partition wait for each other. */
  readonly #turns = new Turns()
  readonly #closed = new AbortController()
  #admin: Admin | undefined
  #reader: StateReader | undefined

  constructor(
    private readonly options: Options,
    private readonly context: ComponentContext,
  ) {
    this.#writer = new TopicWriter(options, context.logger)
  }

  async connect(): Promise<void> {
    const {
      options,
      context: { logger },
    } = this
    const { topic, group } = options
    const partitions = await probe(options, logger, (admin) => this.#prepareTopic(admin))
    const kafka = await openKafka(options, logger)
    this.#admin = kafka.admin()
    this.#reader = new StateReader(kafka, `${group}-${randomUUID()}`, topic, partitions)
    await Promise.all([this.#admin.connect(), this.#writer.connect(), this.#reader.connect()])
  }

  async load(input: PartitionRef): Promise<StoredState> {
    const { topic } = this.options
    const admin = this.#opened(this.#admin)
    const look = () => this.#told(`cannot look for the state of ${where(input)}`, () => topicBounds(admin, topic))
    const bounds = await persistently(this.#closed.signal, look)
    const held = bounds.get(input.partition)
    if (!held) throw this.#tooFewPartitions(input, bounds.size)
    if (held.earliest === held.end) return { offset: undefined, streams: new Map() }
    return this.#turns.take(String(input.partition), () => this.#collect(input, held.earliest, held.end))
  }

  /** The records go to the partition of the same number as the input's, the marker after all others. Waits for brokers that are away. */
  async save(round: Round): Promise<void> {
    for (const messages of inChunks(toRecords(this.context.monitor, round))) {
      await persistently(this.#closed.signal, () => this.#write(round.lease, messages)).catch((error) => {
        const hint =
          writeFault(error).reason === 'too_large' ? "; raise the topic's max.message.bytes above the largest stream's state" : ''
        throw new Error(`topic ${this.options.topic}: cannot save the state of ${where(round.lease)}: ${described(error)}${hint}`, {
          cause: error,
        })
      })
    }
  }

  async #write(lease: Lease, messages: Message[]): Promise<void> {
    if (lease.revoked) throw new Error('the partition went to another reader')
    await this.#told(`cannot save the state of ${where(lease)}`, () => this.#writer.send(messages))
  }

  /** Does something that may have to be tried again and again, and tells of it. */
  async #told<Result>(trouble: string, work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work()
      this.context.trouble?.('state', undefined)
      return result
    } catch (error) {
      this.context.trouble?.('state', `topic ${this.options.topic}: ${trouble}: ${described(error)}`)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await Promise.all([this.#writer.close(), this.#reader?.close(), this.#admin?.disconnect()])
  }

  async #collect(input: PartitionRef, earliest: number, end: number): Promise<StoredState> {
    const streams = new Map<string, StreamSnapshot>()
    let offset: number | undefined
    await this.#opened(this.#reader).read(input.partition, earliest, end, (message) => {
      const at = `topic ${this.options.topic}, partition ${input.partition}, offset ${message.offset}`
      const { monitor, topic, partition, stream } = parseKey(message, at)
      if (monitor !== this.context.monitor || topic !== input.topic || partition !== input.partition) return
      const snapshot = parseValue(message, at)
      if (stream === undefined) offset = higher(offset, snapshot?.lastOffset)
      else if (snapshot === undefined) streams.delete(stream)
      else if (snapshot.lastOffset >= (streams.get(stream)?.lastOffset ?? 0)) streams.set(stream, snapshot)
    })
    return { offset, streams }
  }

  async #prepareTopic(admin: Admin): Promise<number> {
    const { topic, create, partitions, brokers } = this.options
    const existing = await admin.listTopics()
    if (create && !existing.includes(topic)) {
      const configEntries = Object.entries(topicConfig).map(([name, value]) => ({ name, value }))
      const topics = [{ topic, numPartitions: partitions, replicationFactor: -1, configEntries }]
      // Who uses the topic waits until all brokers know it; kafkajs's own wait takes "not known yet" for a failure.
      const created = await admin.createTopics({ topics, waitForLeaders: false })
      if (created) return partitions
    }
    const counts = await requireTopics(admin, [topic], brokers)
    await this.#requireCompaction(admin)
    return counts.get(topic) ?? 0
  }

  async #requireCompaction(admin: Admin): Promise<void> {
    const { topic } = this.options
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] }
    const answer = await admin.describeConfigs({ resources: [resource], includeSynonyms: false }).catch((error) => {
      this.context.logger.warn({ topic, error: faultOf(error).message }, 'cannot see whether the state topic is compacted; it must be')
    })
    const policy = answer?.resources[0]?.configEntries[0]?.configValue
    if (policy === undefined || policy.includes('compact')) return
    throw new Error(`topic ${topic}: its cleanup.policy is ${policy}, which would delete the state in time; set it to compact`)
  }

  #tooFewPartitions(input: PartitionRef, count: number): Error {
    const { topic } = this.options
    const grow = `kafka-topics --alter --topic ${topic} --partitions ${input.partition + 1}`
    return new Error(
      `topic ${topic}: has ${count} partitions, and the state of ${where(input)} goes to the partition of its own number; add partitions (${grow}) and start again`,
    )
  }

  #opened<Part>(part: Part | undefined): Part {
    if (part === undefined) throw new Error('the state store is not connected')
    return part
  }
}

const higher = (a: number | undefined, b: number | undefined) => (a === undefined || (b !== undefined && b > a) ? b : a)
