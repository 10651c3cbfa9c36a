import { randomUUID } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { SourceComponent } from '../component.js'
import type { Position, Source, SourceEvent } from '../source.js'
import { type Assignment, type Bounds, type Located, type Start, startOffsets, topicBounds } from './assignment.js'
import { connectionFields, probe } from './client.js'
import { fetchFields, timestamp } from './fetch.js'
import type { GroupReader } from './group-reader.js'
import { openReader } from './open-reader.js'
import { requireTopics } from './topics.js'

const offsets = z.record(z.string().regex(/^\d+$/, 'must be the number of a partition'), z.int().nonnegative())

const schema = z.strictObject({
  ...connectionFields,
  topic: z.string().min(1).describe('Topic to read; it must exist'),
  from: z
    .union([z.enum(['earliest']), timestamp(), offsets])
    .prefault('earliest')
    .describe('First record: earliest, a time (ISO 8601), or an offset per partition; partitions not named are left out'),
  to: z
    .union([z.enum(['now']), timestamp(), offsets])
    .prefault('now')
    .describe('End, exclusive: now (what the topic holds at the start), a time, or an offset per partition; partitions not named end now'),
  ...fetchFields,
})
type Options = z.output<typeof schema>

/** Reads what a topic holds between two offsets or times and then ends. Joins no group of yours and commits nothing. */
export const kafkaRange: SourceComponent<typeof schema> = {
  type: 'kafka-range',
  title: 'A finite range of a Kafka topic',
  schema,
  create: (options, { logger }) => new KafkaRangeSource(options, logger),
}

interface Range {
  readonly from: number
  readonly to: number
}

class KafkaRangeSource implements Source {
  #reader: GroupReader | undefined
  #ranges = new Map<number, Range>()
  /** The next offset of each partition to hand over; a second assignment goes on from there. */
  readonly #progress = new Map<number, number>()

  constructor(
    private readonly options: Options,
    private readonly logger: Logger,
  ) {}

  async connect(): Promise<void> {
    const { options, logger } = this
    const { topic, brokers } = options
    const partitions = await probe(options, logger, async (admin) => {
      const counts = await requireTopics(admin, [topic], brokers)
      this.#ranges = await this.#findRanges(admin, await topicBounds(admin, topic))
      return counts.get(topic) ?? 0
    })
    this.#reader = await openReader(options, logger, {
      ...options,
      topics: [topic],
      // kafkajs reads only as a member of a group; this one has no other members and keeps nothing.
      group: `driftwatch-range-${randomUUID()}`,
      sessionTimeout: 30_000,
      onExpired: 'fail',
      keepsPlace: false,
      partitions,
      locate: async (admin, assignment) => this.#locate(await topicBounds(admin, topic), assignment),
    })
  }

  async *read(): AsyncGenerator<SourceEvent> {
    for await (const event of this.#opened().read()) {
      if (event.kind === 'batch') this.#progress.set(event.lease.partition, (event.records.offsets.at(-1) ?? 0) + 1)
      yield event
    }
  }

  /** Keeps nothing: there is no place to come back to. */
  async commit(_positions: readonly Position[]): Promise<void> {}

  async close(): Promise<void> {
    await this.#reader?.close()
  }

  async #findRanges(admin: Admin, bounds: Bounds): Promise<Map<number, Range>> {
    const from = await this.#offsets(admin, this.options.from, bounds)
    const to = await this.#offsets(admin, this.options.to === 'now' ? 'latest' : this.options.to, bounds)
    const ranges = [...bounds].map(([partition, { earliest, end }]): [number, Range] => {
      const last = Math.min(to.get(partition) ?? end, end)
      return [partition, { from: Math.max(from.get(partition) ?? last, 0), to: Math.max(last, earliest) }]
    })
    return new Map(ranges)
  }

  async #offsets(admin: Admin, position: Start | z.output<typeof offsets>, bounds: Bounds): Promise<Map<number, number>> {
    if (typeof position !== 'object') return startOffsets(admin, this.options.topic, position, bounds)
    const named = Object.entries(position).map(([partition, offset]): [number, number] => [Number(partition), offset])
    for (const [partition, offset] of named) this.#checkHeld(partition, offset, bounds)
    return new Map(named)
  }

  #checkHeld(partition: number, offset: number, bounds: Bounds): void {
    const held = bounds.get(partition)
    const where = `topic ${this.options.topic}, partition ${partition}`
    if (!held) throw new Error(`${where}: no such partition; the topic has ${bounds.size}, from 0 on`)
    if (offset >= held.earliest && offset <= held.end) return
    throw new Error(
      `${where}: offset ${offset} is not held, the log goes from ${held.earliest} to ${held.end}; choose from and to in between`,
    )
  }

  #locate(bounds: Bounds, assignment: Assignment): (Located & { until: number })[] {
    const { topic } = this.options
    return (assignment[topic] ?? []).flatMap((partition) => {
      const range = this.#ranges.get(partition)
      const held = bounds.get(partition)
      if (!range || !held) return []
      const place = { topic, partition, committed: this.#progress.get(partition), initial: Math.min(range.from, range.to) }
      return [{ ...place, ...held, until: range.to }]
    })
  }

  #opened(): GroupReader {
    if (!this.#reader) throw new Error('the source is not connected')
    return this.#reader
  }
}
