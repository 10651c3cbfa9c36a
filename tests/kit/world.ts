import { serialise } from '../../alerts/compose.js'
import type { AlertEvent } from '../../alerts/event.js'
import type { Connections } from '../../cli/host.js'
import { type RawRecord, Records } from '../../connectors/records.js'
import type { DeadLetter, DeadLetterSink, Sink } from '../../connectors/sink.js'
import type { Assigned, Lease, PartitionRef, Position, Source, SourceEvent } from '../../connectors/source.js'
import type { Round, StateStore, StoredState, StreamSnapshot } from '../../connectors/store.js'

/** The process died here: whatever comes after is lost. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/**
 * What outlives a process, in memory: the input's log, the committed offsets, the stored state, and all that was delivered.
 * Each write takes effect in small steps, between any two of which a life may end.
 */
export class World {
  readonly committed = new Map<number, number>()
  readonly events: AlertEvent[] = []
  readonly letters: DeadLetter[] = []
  readonly markers = new Map<number, number>()
  readonly streams = new Map<number, Map<string, StreamSnapshot>>()

  constructor(
    readonly topic: string,
    /** Per partition, its records in offset order. */
    readonly log: readonly (readonly RawRecord[])[],
  ) {}

  delivered(): string[] {
    return this.events.map(serialise)
  }
}

export interface LifeOptions {
  /** The life ends at this step of the outer world; Infinity: it goes on to the end of the input. */
  readonly steps: number
  /** Uniform in (0, 1): how long batches are and when partitions are taken away and given back. */
  readonly uniform: () => number
  /** Chance that a partition is taken away after a batch. */
  readonly losing: number
  /** Chance that the life ends at a seam: before or after the marker, or before the commit. */
  readonly seams?: number
}

/** One process's connections to the world, until it crashes. */
export class Life implements Source, StateStore, Sink, DeadLetterSink {
  readonly name = 'world'
  readonly #leases = new Map<number, Lease & { revoked: boolean }>()
  /** Next offset to read of each partition; absent until it is begun. */
  readonly #next = new Map<number, number>()
  #left: number

  constructor(
    private readonly world: World,
    private readonly options: LifeOptions,
  ) {
    this.#left = options.steps
  }

  connections(): Connections {
    return { source: this, store: this, deadLetters: letters(this), required: [this], optional: [] }
  }

  async connect(): Promise<void> {}
  async close(): Promise<void> {}

  async *read(): AsyncIterable<SourceEvent> {
    const { log } = this.world
    for (const partition of log.keys()) yield this.#assign(partition)
    for (;;) {
      await new Promise((next) => setImmediate(next))
      this.#step()
      const open = [...this.#next].filter(([partition, next]) => next < log[partition].length)
      if (open.length === 0 && this.#next.size === log.length) return
      if (open.length === 0) continue
      const [partition, from] = open[Math.floor(this.options.uniform() * open.length)]
      yield this.#batch(partition, from, Math.ceil(this.options.uniform() * 90))
      if (this.options.uniform() < this.options.losing) yield* this.#lose(partition)
    }
  }

  async commit(positions: readonly Position[]): Promise<void> {
    this.#step()
    if (positions.some(({ lease }) => lease.revoked)) throw new Error('nothing was committed: another reader may have taken over')
    for (const { lease, offset } of positions) this.world.committed.set(lease.partition, offset)
    this.#step()
  }

  async write(what: AlertEvent | readonly DeadLetter[]): Promise<void> {
    await this.#pause()
    if ('specversion' in what) this.world.events.push(what)
    else this.world.letters.push(...what)
    await this.#pause()
  }

  async load({ partition }: PartitionRef): Promise<StoredState> {
    await this.#pause()
    return { offset: this.world.markers.get(partition), streams: new Map(this.world.streams.get(partition)) }
  }

  /** Stream by stream, then the marker, then stream by stream what is forgotten. */
  async save({ lease: { partition }, offset, streams, forgotten }: Round): Promise<void> {
    const stored = this.world.streams.get(partition) ?? new Map<string, StreamSnapshot>()
    this.world.streams.set(partition, stored)
    for (const [name, snapshot] of streams) {
      await this.#pause()
      if ((stored.get(name)?.lastOffset ?? -1) <= snapshot.lastOffset) stored.set(name, { ...snapshot, state: snapshot.state.slice() })
    }
    await this.#pause()
    this.#seam()
    this.world.markers.set(partition, Math.max(this.world.markers.get(partition) ?? 0, offset))
    this.#seam()
    for (const name of forgotten) {
      await this.#pause()
      stored.delete(name)
    }
    await this.#pause()
    this.#seam()
  }

  #assign(partition: number): Assigned {
    const { topic, log, committed } = this.world
    const lease = { topic, partition, revoked: false }
    this.#leases.set(partition, lease)
    const begin = (offset: number) => void (lease.revoked || this.#next.set(partition, offset))
    return { kind: 'assigned', lease, committed: committed.get(partition), initial: 0, earliest: 0, end: log[partition].length, begin }
  }

  #batch(partition: number, from: number, count: number): SourceEvent {
    const records = this.world.log[partition].slice(from, from + count)
    this.#next.set(partition, from + records.length)
    const lag = this.world.log[partition].length - from - records.length
    return { kind: 'batch', lease: this.#leases.get(partition)!, records: Records.of(records), bytes: 100 * records.length, lag }
  }

  /** The partition goes away and comes back, as when the group is shared out anew. */
  *#lose(partition: number): Iterable<SourceEvent> {
    const lease = this.#leases.get(partition)!
    lease.revoked = true
    this.#next.delete(partition)
    yield { kind: 'revoked', lease }
    yield this.#assign(partition)
  }

  async #pause(): Promise<void> {
    this.#step()
    await new Promise((next) => setImmediate(next))
    this.#step()
  }

  #seam(): void {
    const { seams = 0, uniform } = this.options
    if (seams > 0 && uniform() < seams) this.#left = 0
    this.#step()
  }

  #step(): void {
    if (--this.#left < 0) throw new Crash('the process died')
  }
}

const letters = (life: Life): DeadLetterSink => ({
  name: 'letters',
  connect: async () => {},
  write: (batch) => life.write(batch),
  close: async () => {},
})
