import type { Admin, Kafka, Message } from 'kafkajs'
import { z } from 'zod'
import type { AlertEvent } from '../../alerts/event.js'
import type { ComponentContext, Transactions } from '../component.js'
import type { DeadLetterSink, Sink } from '../sink.js'
import type { Lease, PartitionRef, Position, Source, SourceEvent } from '../source.js'
import type { Round, StateStore, StoredState } from '../store.js'
import { persistently } from './assignment.js'
import { type Connection, openKafka, probe } from './client.js'
import { compressions } from './compression.js'
import { shortened, toMessage } from './dead-letters.js'
import { faultOf, writeFault } from './fault.js'
import { where } from './feed.js'
import { sizeOf } from './messages.js'
import { type Destination, Outbox } from './outbox.js'
import { eventMessage } from './sink.js'
import { toRecords } from './state-records.js'
import { maxMessageBytes, requireTopics } from './topics.js'
import { Turns } from './turns.js'

export interface ExactlyOnceOptions extends Connection {
  readonly group: string
}

/** What the options of every Kafka output have in common. */
const destinationOf = (options: unknown): Destination => destinationSchema.parse(options)
const destinationSchema = z.object({ topic: z.string(), compression: z.enum(compressions).default('none') })

/** A source that can take a partition up anew from what is committed. */
export interface RenewableSource extends Source {
  /** Ends the lease, and asks for the partition again: a `revoked` follows, and an `assigned` with another lease. */
  renew(lease: Lease): void
}

/**
 * Exactly once, where input and outputs are on one cluster: the alerts, dead letters and state of a partition wait in its outbox, and
 * a checkpoint's commit writes them with the partition's offset in one transaction. Who reads them with `read_committed` sees each once.
 *
 * Whether a transaction that failed was committed cannot be known by who sent it. So after any failure the partition is taken up anew,
 * as after a crash: a new outbox fences and settles the old transaction, and the state says what is done. A former owner that wakes up
 * may thus fence its successor for a moment; both then go on from what is committed, and the group decides who keeps the partition.
 */
export class ExactlyOnce implements Transactions {
  readonly source: Source
  readonly #outboxes = new Map<string, Outbox>()
  /** Openings of one partition's outbox wait for each other. */
  readonly #turns = new Turns()
  readonly #closed = new AbortController()
  #kafka: Kafka | undefined

  constructor(
    private readonly options: ExactlyOnceOptions,
    source: RenewableSource,
    private readonly context: ComponentContext,
  ) {
    this.source = {
      connect: () => source.connect(),
      read: () => this.#read(source),
      commit: (positions) => this.#commit(source, positions),
      close: () => source.close(),
    }
  }

  readonly sink = (options: unknown): Sink => {
    const destination = destinationOf(options)
    return {
      name: 'kafka',
      connect: () => this.#ask(destination.topic, async () => {}),
      write: async (event: AlertEvent) => this.#outbox(event.data.origin).stage(destination, [eventMessage(event)]),
      close: async () => {},
    }
  }

  readonly deadLetters = (options: unknown): DeadLetterSink => {
    const destination = destinationOf(options)
    let most = 0
    const fitting = (message: Message): Message => {
      const shorter = sizeOf(message) > most ? shortened(message) : undefined
      return shorter === undefined ? message : fitting(shorter)
    }
    return {
      name: 'kafka',
      connect: async () => {
        most = await this.#ask(destination.topic, (admin) => maxMessageBytes(admin, destination.topic))
      },
      write: async (letters) => {
        for (const letter of letters) this.#outbox(letter.origin).stage(destination, [fitting(toMessage(letter))])
      },
      close: async () => {},
    }
  }

  readonly store = (inner: StateStore, options: unknown): StateStore => {
    const destination = destinationOf(options)
    return {
      connect: () => inner.connect(),
      load: (partition) => this.#turns.take(key(partition), () => this.#load(inner, partition)),
      save: async (round: Round) => this.#outbox(round.lease).stage(destination, [...toRecords(this.context.monitor, round)]),
      close: async () => {
        this.#closed.abort()
        const outboxes = [...this.#outboxes.values()]
        this.#outboxes.clear()
        await Promise.all([inner.close(), ...outboxes.map((outbox) => outbox.close())])
      },
    }
  }

  /** The state is what was committed last, by whomever: nobody else can commit once the outbox is open. */
  async #load(inner: StateStore, partition: PartitionRef): Promise<StoredState> {
    await this.#forget(partition)
    this.#kafka ??= await openKafka(this.options, this.context.logger, 2)
    const kafka = this.#kafka
    const id = this.#transactionalId(partition)
    const outbox = await persistently(this.#closed.signal, () => Outbox.open(kafka, id)).catch((error) => {
      throw this.#refused(partition, error)
    })
    this.#outboxes.set(key(partition), outbox)
    return inner.load(partition)
  }

  async *#read(source: RenewableSource): AsyncIterable<SourceEvent> {
    for await (const event of source.read()) {
      if (event.kind === 'revoked' && event.lease.revoked) this.#leave(event.lease)
      yield event
    }
  }

  async #commit(source: RenewableSource, positions: readonly Position[]): Promise<void> {
    for (const position of positions) {
      const { lease } = position
      if (lease.revoked) throw new Error(`${where(lease)}: nothing was committed: another reader may have taken over`)
      try {
        await this.#outbox(lease).commit(this.options.group, position)
      } catch (error) {
        const { type, message } = faultOf(error)
        if (!writeFault(error).recoverable) throw this.#refused(lease, error)
        this.context.logger.warn(
          { topic: lease.topic, partition: lease.partition, type, error: message },
          'transaction failed: the partition is taken up anew from what is committed',
        )
        source.renew(lease)
        throw error
      }
    }
  }

  #refused(partition: PartitionRef, error: unknown): Error {
    const { type, message } = faultOf(error)
    const mend =
      writeFault(error).reason === 'too_large'
        ? "raise max.message.bytes of the alerts', dead letters' and state topics"
        : `check that the user may write to every topic and as transactional id ${this.#transactionalId(partition)}`
    return new Error(`${where(partition)}: its transaction was refused for good: ${message}${type ? ` (${type})` : ''}; ${mend}`, {
      cause: error,
    })
  }

  #transactionalId({ topic, partition }: PartitionRef): string {
    return `driftwatch-${this.options.group}-${topic}-${partition}`
  }

  #outbox(partition: PartitionRef): Outbox {
    const outbox = this.#outboxes.get(key(partition))
    if (outbox === undefined) throw new Error(`${where(partition)}: is not ours to write for`)
    return outbox
  }

  /** Before a load of the same partition, which waits its turn. */
  #leave(lease: Lease): void {
    this.#turns
      .take(key(lease), () => this.#forget(lease))
      .catch((error) => {
        this.context.logger.debug({ error: faultOf(error).message }, 'kafka: closing a connection failed')
      })
  }

  async #forget(partition: PartitionRef): Promise<void> {
    const outbox = this.#outboxes.get(key(partition))
    this.#outboxes.delete(key(partition))
    await outbox?.close()
  }

  /** Asks something about a topic, which must exist. */
  #ask<Answer>(topic: string, question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const { options, context } = this
    return probe(options, context.logger, async (admin) => {
      await requireTopics(admin, [topic], options.brokers)
      return question(admin)
    })
  }
}

const key = ({ topic, partition }: PartitionRef) => `${partition}/${topic}`
