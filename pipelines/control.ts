import { setTimeout as wait } from 'node:timers/promises'
import { Deploys } from '../alerts/deploys.js'
import type { RawRecord } from '../connectors/records.js'
import type { DeadLetter, DeadLetterSink } from '../connectors/sink.js'
import type { PartitionRef, Source, SourceEvent } from '../connectors/source.js'
import { type ControlMessage, parseControl } from './control-messages.js'

/** Where and when (ms since the epoch) a message was written. */
export interface Said {
  /** topic/partition/offset. */
  readonly place: string
  readonly time: number
}

export interface ControlOptions {
  /** What was said already; ends by itself. */
  readonly past: Source
  /** What is said from then on, each time anew; undefined: nothing more comes. */
  readonly news: (() => Source) | undefined
  /** Where messages go that cannot be used and come while the monitor runs. */
  readonly deadLetters: DeadLetterSink
  /** A message was taken in, or cannot be used. */
  told(message: ControlMessage, origin: Said): void
  refused(letter: DeadLetter): void
  buried(letters: readonly DeadLetter[]): void
  /** The news cannot be read at present; they are tried again. */
  troubled(error: unknown): void
}

const TRY_AGAIN = 30_000

/**
 * Listens to control messages. `connect` ends when everything that was said before it has been read, so that records, which come
 * after it, meet the same knowledge after a restart as before. Nothing that a message holds, and no fault after the start, ends
 * the monitor.
 */
export class Control {
  /** What was declared so far. */
  readonly deploys = new Deploys()
  /** The next offset of each partition. */
  readonly #next = new Map<string, number>()
  readonly #closed = new AbortController()
  #source: Source
  #following: Promise<void> = Promise.resolve()

  constructor(private readonly options: ControlOptions) {
    this.#source = options.past
  }

  /** Reads what was said already, then listens on. @throws Error when it cannot be read */
  async connect(): Promise<void> {
    const { past, news, deadLetters } = this.options
    await deadLetters.connect()
    await past.connect()
    for await (const event of past.read()) await this.#take(event, false)
    await past.close()
    if (news !== undefined && !this.#closed.signal.aborted) this.#following = this.#follow(news)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#source.close()
    await this.#following
    await this.options.deadLetters.close()
  }

  async #follow(news: () => Source): Promise<void> {
    const { signal } = this.#closed
    while (!signal.aborted) {
      this.#source = news()
      try {
        await this.#source.connect()
        if (!signal.aborted) for await (const event of this.#source.read()) await this.#take(event, true)
      } catch (error) {
        if (!signal.aborted) this.options.troubled(error)
      }
      await this.#source.close().catch(this.options.troubled)
      await wait(TRY_AGAIN, undefined, { signal }).catch(() => undefined)
    }
  }

  /** After a rejoin a partition is begun where it was left, whatever the source proposes. */
  async #take(event: SourceEvent, isNews: boolean): Promise<void> {
    if (event.kind === 'revoked') return
    const { lease } = event
    const next = this.#next.get(key(lease)) ?? 0
    if (event.kind === 'assigned') {
      const from = isNews ? event.earliest : event.initial
      // A topic that was made anew ends before what was read.
      const start = next > event.end ? event.earliest : Math.max(next, from)
      this.#next.set(key(lease), start)
      return event.begin(start)
    }
    const letters = [...event.records].flatMap((record) => (record.offset < next ? [] : this.#hear(record, lease)))
    this.#next.set(key(lease), Math.max(next, (event.records.offsets.at(-1) ?? -1) + 1))
    event.recycle?.()
    if (!isNews || letters.length === 0) return
    await this.options.deadLetters.write(letters, this.#closed.signal)
    this.options.buried(letters)
  }

  #hear({ offset, timestamp, key, value }: RawRecord, { topic, partition }: PartitionRef): DeadLetter[] {
    const message = parseControl(value)
    if ('type' in message) {
      if (message.type === 'deploy') this.deploys.add(message.deploy)
      this.options.told(message, { place: `${topic}/${partition}/${offset}`, time: timestamp })
      return []
    }
    const copy = { key: key && Buffer.from(key), value: value && Buffer.from(value) }
    const letter: DeadLetter = { origin: { topic, partition, offset }, ...message, timestamp, ...copy }
    this.options.refused(letter)
    return [letter]
  }
}

const key = ({ topic, partition }: PartitionRef): string => `${topic}/${partition}`
