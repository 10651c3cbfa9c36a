import type { Admin, Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { Assigned, Lease, PartitionRef, Position, RawBatch, Revoked, SourceEvent } from '../source.js'
import { type Assignment, type Located, persistently, topicBounds } from './assignment.js'
import type { Portion } from './batches.js'
import { Channel } from './channel.js'
import { described } from './fault.js'
import { type Feed, type FeedListener, Reading, recreated, where } from './feed.js'
import { Membership, type MembershipOptions } from './membership.js'
import { MessageFeed } from './message-feed.js'

export interface GroupReaderOptions extends MembershipOptions {
  readonly onExpired: 'fail' | 'restart'
  readonly logger: Logger
  /** Whether the group keeps its place: a start position is then committed before the first record is read. */
  readonly keepsPlace: boolean
  /** Brings the records instead of kafkajs, which then keeps the membership only. */
  readonly openFeed?: ((listener: FeedListener) => Feed) | undefined
  /** Told what keeps the group's member from working at present, and `undefined` when it works again. */
  trouble?(what: string | undefined): void
  /** Where the partitions of a new assignment stand; `until` ends a partition before that offset. */
  locate(admin: Admin, assignment: Assignment): Promise<(Located & { until?: number })[]>
}

/** The events of a source from what a consumer group assigns, one assignment after the other. */
export class GroupReader {
  readonly #channel = new Channel<Assigned | Revoked, RawBatch>()
  readonly #readings = new Map<string, Reading>()
  readonly #membership: Membership
  readonly #feed: Feed
  #generation = new AbortController()
  #unfinished = 0
  #started: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(
    private readonly kafka: Pick<Kafka, 'admin' | 'consumer'>,
    private readonly options: GroupReaderOptions,
  ) {
    this.#membership = new Membership(kafka, options, {
      joined: (assignment) => this.#joined(assignment),
      lost: () => this.#lose(),
      deliver: (payload) => messages.deliver(payload),
      passed: (partition, next) => messages.passed(partition, next),
      troubled: (what) => this.#trouble(what),
      recovered: () => this.options.trouble?.(undefined),
      failed: (error) => this.#fail(error),
    })
    const listener: FeedListener = {
      reading: (partition) => this.#readings.get(key(partition)),
      handOver: (reading, portion, end) => this.#handOver(reading, portion, end),
      passed: (reading, next) => this.#passed(reading, next),
      resume: (reading) => this.#resume(reading),
      failed: (error) => this.#fail(error),
    }
    const messages = new MessageFeed(this.#membership, listener)
    this.#feed = options.openFeed?.(listener) ?? messages
  }

  read(): AsyncIterable<SourceEvent> {
    this.#started = this.#membership.start().catch((error) => this.#fail(error))
    return this.#channel
  }

  async commit(positions: readonly Position[]): Promise<void> {
    const lost = () => positions.find(({ lease }) => lease.revoked)
    if (lost()) throw lostLease(positions)
    if (positions.length === 0) return
    try {
      // Brokers that are away are waited for, as long as the lease holds.
      const commit = () => this.#membership.commit(positions.map(({ lease, offset }) => ({ ...ref(lease), offset })))
      await persistently(this.#generation.signal, commit)
    } catch (error) {
      throw lost() ? lostLease(positions) : this.#explained(error)
    }
    if (lost()) throw lostLease(positions)
  }

  /** Ends the lease and assigns its partition anew, as a rebalance would that gives it back. */
  renew(lease: Lease): void {
    const reading = this.#readings.get(key(lease))
    if (reading === undefined || reading !== lease) return
    this.#revoke([reading])
    this.#feed.end(reading)
    this.#assignOrFail({ [reading.topic]: [reading.partition] })
  }

  close(): Promise<void> {
    this.#channel.close()
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([this.#membership.close(), this.#feed.close(), this.#started])
  }

  #joined(assignment: Assignment): void {
    this.#generation = new AbortController()
    this.#unfinished = 0
    this.#assignOrFail(assignment)
  }

  #assignOrFail(assignment: Assignment): void {
    const { signal } = this.#generation
    this.#assign(assignment, signal).catch((error) => {
      if (!signal.aborted) this.#fail(error)
    })
  }

  async #assign(assignment: Assignment, signal: AbortSignal): Promise<void> {
    const located = Object.keys(assignment).length === 0 ? [] : await persistently(signal, () => this.#locate(assignment))
    if (signal.aborted) return
    this.options.trouble?.(undefined)
    this.#unfinished += located.length
    for (const place of located) {
      const reading = new Reading(place.topic, place.partition, place.until ?? Number.POSITIVE_INFINITY)
      this.#readings.set(key(place), reading)
      const { committed, initial, earliest, end } = place
      const begin = (offset: number) => this.#begin(reading, place, offset)
      this.#channel.signal({ kind: 'assigned', lease: reading, committed, initial, earliest, end, begin })
    }
  }

  async #locate(assignment: Assignment): Promise<(Located & { until?: number })[]> {
    try {
      return await this.#ask((admin) => this.options.locate(admin, assignment))
    } catch (error) {
      this.#trouble(`cannot look up where its partitions stand: ${described(error)}`)
      throw error
    }
  }

  /** With a fresh client each time: an older one knows only older partitions, and stumbles over topics that were deleted. */
  async #ask<Answer>(work: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const admin = this.kafka.admin()
    try {
      await admin.connect()
      return await work(admin)
    } finally {
      await admin.disconnect()
    }
  }

  #begin(reading: Reading, place: Located, offset: number): void {
    if (reading.revoked) return
    const start = this.#heldOffset(reading, offset, place)
    if (start === undefined) return
    reading.position = start
    if (reading.position >= reading.until) this.#finish(reading)
    else if (place.committed === undefined && this.options.keepsPlace) this.#takePlace(reading, reading.position)
    else this.#feed.begin(reading, reading.position)
  }

  /** Commits where reading begins before it does: after an early crash `latest` must not mean a later place. */
  #takePlace(reading: Reading, offset: number): void {
    const { signal } = this.#generation
    persistently(signal, () => this.#membership.commit([{ ...ref(reading), offset }])).then(
      () => {
        if (!reading.revoked) this.#feed.begin(reading, offset)
      },
      (error) => {
        if (!signal.aborted) this.#fail(error)
      },
    )
  }

  async #handOver(reading: Reading, portion: Portion, end: number): Promise<boolean> {
    const last = portion.records.offsets.at(-1) ?? 0
    const lag = Math.max(0, Math.min(end, reading.until) - last - 1)
    const { lost } = reading
    const taken = await this.#channel.offer({ kind: 'batch', lease: reading, ...portion, lag, ...(lost > 0 && { lost }) })
    if (!taken || reading.revoked) return false
    reading.lost = 0
    reading.position = last + 1
    return true
  }

  async #resume(reading: Reading): Promise<number | undefined> {
    try {
      const bounds = await persistently(this.#generation.signal, () => this.#ask((admin) => topicBounds(admin, reading.topic)))
      const held = bounds.get(reading.partition) ?? { earliest: 0, end: 0 }
      return reading.revoked ? undefined : this.#heldOffset(reading, reading.position ?? 0, held)
    } catch (error) {
      if (!reading.revoked) this.#fail(error)
      return undefined
    }
  }

  /** `offset` if the log holds it, else the log's beginning where the options allow that; undefined when they do not: the reading fails. */
  #heldOffset(reading: Reading, offset: number, { earliest, end }: { earliest: number; end: number }): number | undefined {
    if (offset >= earliest && offset <= end) return offset
    const { onExpired, keepsPlace, logger } = this.options
    const lost = `the log begins at ${earliest}: ${earliest - offset} records were deleted before they were read`
    const message = `${where(reading)}: the next offset to read is ${offset}, but ${offset < earliest ? lost : `the log ends at ${end}: ${recreated}`}`
    if (onExpired === 'restart') {
      logger.warn({ ...ref(reading), offset, earliest, end }, `${message}; going on from ${earliest} (onExpired: restart)`)
      reading.lost += Math.max(0, earliest - offset)
      return earliest
    }
    const mend = keepsPlace ? `set onExpired: restart to go on from ${earliest}, and check` : 'read a later range, or check'
    this.#fail(new Error(`${message}; ${mend} the topic's retention`))
    return undefined
  }

  #passed(reading: Reading, next: number): void {
    reading.position = Math.max(reading.position ?? 0, next)
    if (reading.position >= reading.until) this.#finish(reading)
  }

  /** The reading reached its `until`. Its lease stays good: what was handed over may still be on its way. */
  #finish(reading: Reading): void {
    this.#feed.end(reading)
    this.#readings.delete(key(reading))
    this.#channel.signal({ kind: 'revoked', lease: reading })
    this.#unfinished -= 1
    if (this.#unfinished === 0) this.#channel.end()
  }

  #lose(): void {
    this.#generation.abort()
    this.#revoke([...this.#readings.values()])
  }

  #revoke(readings: readonly Reading[]): void {
    for (const reading of readings) {
      reading.revoked = true
      this.#readings.delete(key(reading))
    }
    this.#channel.withdraw(({ lease }) => lease.revoked)
    for (const reading of readings) this.#channel.signal({ kind: 'revoked', lease: reading })
  }

  #trouble(what: string): void {
    this.options.trouble?.(`group ${this.options.group}: ${what}`)
  }

  #fail(error: unknown): void {
    this.#channel.end(this.#explained(error))
  }

  #explained(error: unknown): Error {
    return new Error(`group ${this.options.group}: ${described(error)}`, { cause: error })
  }
}

const key = ({ topic, partition }: PartitionRef) => `${partition}/${topic}`
const ref = ({ topic, partition }: PartitionRef) => ({ topic, partition })

const lostLease = (positions: readonly Position[]) =>
  new Error(
    `nothing was committed for ${positions.map(({ lease }) => where(lease)).join('; ')}: another reader may have taken over; it reads again from what was committed before`,
  )
