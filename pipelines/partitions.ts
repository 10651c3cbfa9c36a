import { alertKinds } from '../alerts/severity.js'
import type { Assigned, Lease, RawBatch } from '../connectors/source.js'
import type { StateStore, StoredState } from '../connectors/store.js'
import type { Keeper } from './keeper.js'
import { Ledger } from './ledger.js'
import { resume } from './resume.js'
import { type Beside, besideOf, decodePartition, decodeStream, PARTITION } from './snapshot.js'
import { type Alerts, newPartition, type Partition, type StreamShape } from './streams.js'
import { turn } from './turn.js'

export interface PartitionsOptions {
  readonly store: StateStore
  readonly shape: StreamShape
  readonly referenceVersion: string
  readonly keeper: Keeper
  now(): number
  /** A partition's state is there and its records begin to come. */
  adopted(partition: Partition, found: Found): void
  dropped(partition: Partition): void
}

/** What the state of a partition says of open alerts, and beside them. */
export interface Found extends Beside {
  /** Of the streams that have any. */
  readonly alerts: readonly (readonly [stream: string, alerts: Alerts])[]
}

/** Streams that are restored in one go: some 10 µs each. */
const SOME = 500

/** The partitions that this process owns, with the state of their streams. */
export class Partitions {
  readonly #owned = new Map<Lease, Partition>()

  constructor(private readonly options: PartitionsOptions) {}

  /** Restores the partition's state, then lets its records come. */
  async adopt(assigned: Assigned): Promise<void> {
    const { lease } = assigned
    const stored = await this.options.store.load(lease)
    if (lease.revoked) return
    const { partition, alerts } = await this.#restored(assigned, stored)
    if (lease.revoked) return this.options.keeper.drop(partition)
    this.#owned.set(lease, partition)
    this.options.adopted(partition, { alerts, ...besideOf(stored.streams.get(PARTITION)) })
    assigned.begin(partition.ledger.position)
  }

  async #restored(assigned: Assigned, stored: StoredState): Promise<Pick<Found, 'alerts'> & { readonly partition: Partition }> {
    const { referenceVersion, now } = this.options
    const { lease } = assigned
    try {
      const { feed, clock } = decodePartition(stored.streams.get(PARTITION), stored.offset)
      const { start, silentUntil, gap } = resume(assigned, stored, feed)
      const partition = { ...newPartition(lease, new Ledger(start), silentUntil, now(), clock), feed }
      return { partition, alerts: await this.#restore(partition, stored, gap ? undefined : referenceVersion) }
    } catch (error) {
      throw new Error(`${lease.topic}/${lease.partition}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }

  /** The streams with the latest records come last: they stay on the heap where there is no room for all. */
  async #restore(partition: Partition, { streams }: StoredState, reference: string | undefined): Promise<Found['alerts']> {
    const { keeper, shape, now } = this.options
    const alerts: [string, Alerts][] = []
    keeper.adopt(partition)
    const snapshots = [...streams].filter(([name]) => name !== PARTITION).sort(([, one], [, other]) => one.lastOffset - other.lastOffset)
    for (const [i, [name, snapshot]] of snapshots.entries()) {
      const state = decodeStream(name, snapshot, reference, shape, now())
      keeper.hold(partition, state)
      if (alertKinds.some((kind) => state.folded.alerts[kind] !== undefined)) alerts.push([name, state.folded.alerts])
      if (i % SOME === SOME - 1) await turn()
    }
    return alerts
  }

  /** Gives up a partition that has another owner now. */
  drop(lease: Lease): void {
    const partition = this.#owned.get(lease)
    if (partition === undefined || !lease.revoked) return
    this.#owned.delete(lease)
    this.options.keeper.drop(partition)
    this.options.dropped(partition)
  }

  all(): Iterable<Partition> {
    return this.#owned.values()
  }

  of({ lease }: RawBatch): Partition {
    const partition = this.#owned.get(lease)
    if (partition === undefined) throw new Error(`records of ${lease.topic}/${lease.partition} came before its state was restored`)
    return partition
  }
}
