import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import { faultOf } from './fault.js'
import { Membership } from './membership.js'

/**
 * Milliseconds. The group has no member to take over, and when brokers come back it waits this long for its member of before the
 * outage, with the monitor standing still. No shorter: brokers may refuse that.
 */
const SESSION_TIMEOUT = 10_000

/** One reading of a partition from `from` to before `until`. */
interface Reading {
  readonly from: number
  readonly until: number
  take(message: KafkaMessage): void
  done(): void
  fail(error: Error): void
}

/**
 * Reads partitions of one topic from their beginning, again and again, each when asked.
 *
 * kafkajs reads only as a member of a group. This one belongs to nobody else and keeps all partitions paused between
 * readings, so the wait for joining (3 s by default on brokers) is paid once, in `connect`.
 */
export class StateReader {
  readonly #membership: Membership
  readonly #readings = new Map<number, Reading>()
  #joined = false
  #error: Error | undefined

  constructor(
    kafka: Kafka,
    group: string,
    private readonly topic: string,
    partitions: number,
  ) {
    const options = {
      group,
      topics: [topic],
      partitions,
      maxBytesPerPartition: 8 * 1024 * 1024,
      maxWait: 100,
      sessionTimeout: SESSION_TIMEOUT,
    }
    this.#membership = new Membership(kafka, options, {
      joined: () => this.#resume(),
      lost: () => {
        this.#joined = false
      },
      deliver: (payload) => this.#deliver(payload),
      passed: ({ partition }, next) => this.#passed(partition, next),
      // Not worked with all the time: a reading that has to wait is what tells.
      troubled: () => {},
      recovered: () => {},
      failed: (error) => this.#fail(new Error(`topic ${topic}: cannot be read: ${faultOf(error).message}`, { cause: error })),
    })
  }

  /** Resolves when the group is joined. */
  connect(): Promise<void> {
    return this.#membership.start()
  }

  /**
   * Calls `take` for each record from `from` to before `until`; one reading per partition at a time.
   * After a rejoin the reading starts over: `take` must bear repetitions.
   */
  read(partition: number, from: number, until: number, take: (message: KafkaMessage) => void): Promise<void> {
    return new Promise((done, fail) => {
      if (this.#error) return fail(this.#error)
      this.#readings.set(partition, { from, until, take, done, fail })
      if (this.#joined) this.#membership.begin({ topic: this.topic, partition }, from)
    })
  }

  async close(): Promise<void> {
    this.#fail(new Error(`topic ${this.topic}: the state store was closed`))
    await this.#membership.close()
  }

  #resume(): void {
    this.#joined = true
    for (const [partition, { from }] of this.#readings) this.#membership.begin({ topic: this.topic, partition }, from)
  }

  async #deliver({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const reading = this.#readings.get(batch.partition)
    try {
      for (const message of batch.messages) reading?.take(message)
      resolveOffset(batch.lastOffset())
    } catch (error) {
      this.#end(batch.partition)
      reading?.fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #passed(partition: number, next: number): void {
    const reading = this.#readings.get(partition)
    if (!reading || next < reading.until) return
    this.#end(partition)
    reading.done()
  }

  #end(partition: number): void {
    this.#membership.pause({ topic: this.topic, partition })
    this.#readings.delete(partition)
  }

  #fail(error: Error): void {
    this.#error ??= error
    for (const reading of this.#readings.values()) reading.fail(error)
    this.#readings.clear()
  }
}
