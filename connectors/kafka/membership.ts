import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { PartitionRef } from '../source.js'
import { type Assignment, persistently } from './assignment.js'
import { described, endsMembership, isForeign, isTransient } from './fault.js'

export interface MembershipOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Partitions of all topics: as many are handed over side by side. */
  readonly partitions: number
  readonly maxBytesPerPartition: number
  readonly maxWait: number
  readonly sessionTimeout: number
}

/** kafkajs decodes what a broker answers in one go: of small records more would keep the event loop for too long. */
const MOST_PER_FETCH = 2 * 1024 * 1024

/** What a membership reports. */
export interface MembershipListener {
  /** A new assignment begins, all its partitions paused; called before anything of it is fetched. */
  joined(assignment: Assignment): void
  /** The assignment is over: nothing of it may be worked on any more. May be called more than once. */
  lost(): void
  /** A fetched batch. The next fetch waits until it resolves; it must not throw. */
  deliver(payload: EachBatchPayload): Promise<void>
  /** kafkajs is past everything before `next`: it was delivered, or held no records (marks of transactions). */
  passed(partition: PartitionRef, next: number): void
  /** What keeps this member from working at present: the group is shared out anew, or brokers do not answer. */
  troubled(what: string): void
  /** Heartbeats are answered again. */
  recovered(): void
  /** The membership ended by a fault that time does not mend. */
  failed(error: Error): void
}

/**
 * A kafkajs consumer as a member of a group, tamed:
 *
 * - `consumer.group_join` is reported before the first fetch of a generation: pausing every partition there lets no
 *   record through until it is begun.
 * - No event tells that an assignment is lost: heartbeats fail. They are sent on a timer while a batch is delivered.
 * - A commit of a consumer that is stopping or rejoining returns without a word: success is what is reported as an event.
 * - Some faults that pass, such as a coordinator that cannot be found, end the consumer: it is started again.
 * - A consumer that is told to stop while it joins comes back to life: closing lets it arrive first.
 */
export class Membership {
  readonly #consumer: Consumer
  #started: Promise<void> = Promise.resolve()
  readonly #closed = new AbortController()
  /** Runs out when no heartbeat is answered; undefined before the group is joined and once it has run out. */
  #silence: NodeJS.Timeout | undefined

  constructor(
    kafka: Pick<Kafka, 'consumer'>,
    private readonly options: MembershipOptions,
    private readonly listener: MembershipListener,
  ) {
    this.#consumer = kafka.consumer({
      groupId: options.group,
      sessionTimeout: options.sessionTimeout,
      heartbeatInterval: options.sessionTimeout / 10,
      maxBytesPerPartition: options.maxBytesPerPartition,
      maxBytes: Math.max(options.maxBytesPerPartition, MOST_PER_FETCH),
      maxWaitTimeInMs: options.maxWait,
      allowAutoTopicCreation: false,
      // How late partitions are noticed that were added to a topic.
      metadataMaxAge: options.sessionTimeout,
      retry: { retries: 5, restartOnFailure: async (error) => !this.#closed.signal.aborted && !isForeign(error) },
    })
  }

  /** Resolves when the group is joined. */
  async start(): Promise<void> {
    const { events } = this.#consumer
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment))
    this.#consumer.on(events.REBALANCING, () => {
      this.listener.troubled('its partitions are shared out anew')
      this.listener.lost()
    })
    this.#consumer.on(events.HEARTBEAT, () => this.#beaten())
    this.#consumer.on(events.STOP, () => this.listener.lost())
    this.#consumer.on(events.CRASH, ({ payload }) => this.#crashed(payload.error, payload.restart))
    this.#consumer.on(events.END_BATCH_PROCESS, ({ payload }) => this.listener.passed(payload, Number(payload.lastOffset) + 1))
    this.listener.troubled('it has not joined yet')
    this.#started = this.#run()
    await this.#started
  }

  /** Starts fetching a partition at `offset`. */
  begin({ topic, partition }: PartitionRef, offset: number): void {
    this.#consumer.seek({ topic, partition, offset: String(offset) })
    this.#consumer.resume([{ topic, partitions: [partition] }])
  }

  pause({ topic, partition }: PartitionRef): void {
    this.#consumer.pause([{ topic, partitions: [partition] }])
  }

  /** Commits the next offset to read of each partition. Throws unless the coordinator has confirmed it. */
  async commit(places: readonly (PartitionRef & { readonly offset: number })[]): Promise<void> {
    let confirmed = false
    const forget = this.#consumer.on(this.#consumer.events.COMMIT_OFFSETS, () => {
      confirmed = true
    })
    try {
      await this.#consumer.commitOffsets(places.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })))
    } catch (error) {
      if (endsMembership(error)) this.listener.lost()
      throw error
    } finally {
      forget()
    }
    if (!confirmed) throw new Error('the consumer stopped before it could commit')
  }

  async close(): Promise<void> {
    this.#closed.abort()
    clearTimeout(this.#silence)
    this.listener.lost()
    await this.#started.catch(() => {})
    await this.#consumer.disconnect()
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed
    if (signal.aborted) return
    await this.#consumer.connect()
    // kafkajs falls back to this end of the log when its place is gone; the other one would hide what was lost.
    const subscription = { topics: [...this.options.topics], fromBeginning: true }
    await persistently(signal, () => this.#consumer.subscribe(subscription))
    if (signal.aborted) return
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // Enough workers that no batch waits in kafkajs: it could outlive its assignment there.
      partitionsConsumedConcurrently: Math.max(16, 2 * this.options.partitions),
      eachBatch: (payload) => this.#deliver(payload),
    })
  }

  #joined(assignment: Assignment): void {
    this.listener.lost()
    this.#listen()
    // A restart by kafkajs itself may have been on its way when it was told to stop; after this event it can be stopped.
    if (this.#closed.signal.aborted) return void setImmediate(() => this.#consumer.disconnect())
    this.#consumer.pause(Object.entries(assignment).map(([topic, partitions]) => ({ topic, partitions: [...partitions] })))
    this.listener.joined(assignment)
  }

  /** Waits for heartbeats that are not answered; kafkajs itself tries for long before it tells. */
  #listen(): void {
    clearTimeout(this.#silence)
    if (this.#closed.signal.aborted) return
    const { sessionTimeout } = this.options
    this.#silence = setTimeout(() => {
      this.#silence = undefined
      this.listener.troubled(`no heartbeat was answered for ${sessionTimeout / 1000} s`)
    }, sessionTimeout)
  }

  #beaten(): void {
    if (this.#silence === undefined) this.listener.recovered()
    this.#listen()
  }

  async #deliver(payload: EachBatchPayload): Promise<void> {
    const beat = setInterval(() => {
      // Other failures than a lost membership show at kafkajs's own heartbeat, after the batch.
      payload.heartbeat().catch((error) => endsMembership(error) && this.listener.lost())
    }, this.options.sessionTimeout / 10)
    try {
      await this.listener.deliver(payload)
    } finally {
      clearInterval(beat)
    }
  }

  #crashed(error: Error, restarts: boolean): void {
    this.listener.troubled(described(error))
    this.listener.lost()
    if (restarts || this.#closed.signal.aborted) return
    if (isTransient(error)) this.#started = this.#run().catch((error) => this.#crashed(error, false))
    else this.listener.failed(error)
  }
}
