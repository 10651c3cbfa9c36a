import type { Admin } from 'kafkajs'
import { z } from 'zod'
import type { ComponentContext, SourceComponent } from '../component.js'
import { duration } from '../options.js'
import type { Lease, PartitionRef, Position, SourceEvent } from '../source.js'
import { type Assignment, locate } from './assignment.js'
import { connectionFields, probe } from './client.js'
import { ExactlyOnce, type RenewableSource } from './exactly-once.js'
import { fetchFields, timestamp } from './fetch.js'
import type { GroupReader } from './group-reader.js'
import { openReader } from './open-reader.js'
import { kafkaRange } from './range.js'
import { requireTopics } from './topics.js'

const schema = z.strictObject({
  ...connectionFields,
  topics: z.array(z.string().min(1)).min(1).describe('Topics to read; they must exist'),
  group: z.string().min(1).describe('Consumer group; its members share the partitions, and it keeps the place of each'),
  start: z
    .union([z.enum(['earliest', 'latest']), timestamp()])
    .prefault('latest')
    .describe('Where to start in partitions of which the group has no place yet: earliest, latest or a time (ISO 8601)'),
  ...fetchFields,
  sessionTimeout: duration().prefault('30s').describe('How long a member may be silent before its partitions go to others'),
  onExpired: z
    .enum(['fail', 'restart'])
    .default('fail')
    .describe('When the log no longer holds the next record to read: stop with an error, or go on from its beginning'),
})
type Options = z.output<typeof schema>

/** Reads topics as a member of a consumer group. */
export const kafka: SourceComponent<typeof schema> = {
  type: 'kafka',
  title: 'Topics of a Kafka cluster',
  schema,
  create: (options, context) => new KafkaSource(options, context),
  transactions: (options, context) => new ExactlyOnce(options, new KafkaSource(options, context), context),
  finite: ({ topics, ...options }, range, context) => topics.map((topic) => kafkaRange.create({ ...options, topic, ...range }, context)),
}

class KafkaSource implements RenewableSource {
  #reader: GroupReader | undefined

  constructor(
    private readonly options: Options,
    private readonly context: ComponentContext,
  ) {}

  async connect(): Promise<void> {
    const { options, context } = this
    const { logger } = context
    const counts = await probe(options, logger, (admin) => requireTopics(admin, options.topics, options.brokers))
    const isNew = ({ topic, partition }: PartitionRef) => partition >= (counts.get(topic) ?? 0)
    this.#reader = await openReader(options, logger, {
      ...options,
      trouble: (what) => context.trouble?.('source', what),
      keepsPlace: true,
      partitions: [...counts.values()].reduce((sum, count) => sum + count, 0),
      locate: async (admin: Admin, assignment: Assignment) => {
        const places = await locate(admin, options.group, assignment, options.start)
        // What was written to a partition since it was added is not old, whatever \`start\` says.
        return places.map((place) => (isNew(place) ? { ...place, initial: place.earliest } : place))
      },
    })
  }

  read(): AsyncIterable<SourceEvent> {
    return this.#opened().read()
  }

  commit(positions: readonly Position[]): Promise<void> {
    return this.#opened().commit(positions)
  }

  renew(lease: Lease): void {
    this.#opened().renew(lease)
  }

  async close(): Promise<void> {
    await this.#reader?.close()
  }

  #opened(): GroupReader {
    if (!this.#reader) throw new Error('the source is not connected')
    return this.#reader
  }
}
