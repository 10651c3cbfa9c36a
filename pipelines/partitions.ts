import type { Assigned, Lease, RawBatch } from '../connectors/source.js'
import type { StateStore, StoredState, StreamSnapshot } from '../connectors/store.js'
import { Ledger } from './ledger.js'
import { resume } from './resume.js'
import { decodePartition, decodeStream, PARTITION } from './snapshot.js'
import { newPartition, newStream, type Partition, type StreamShape, type StreamState } from './streams.js'
import { turn } from './turn.js'

export interface PartitionsOptions {
  readonly store: StateStore
  readonly shape: StreamShape
  readonly referenceVersion: string
  /** Streams whose state is held, at most, over all partitions. */
  readonly maxStreams: number
  now(): number
  /** A partition's state is there and its records begin to come. */
  adopted(partition: Partition): void
  dropped(partition: Partition): void
}

/** The partitions that this process owns, with the state of their streams. */
export class Partitions {
  readonly #owned = new Map<Lease, Partition>()
  #streams = 0

  constructor(private readonly options: PartitionsOptions) {}

  /** Restores the partition's state, then lets its records come. */
  async adopt(assigned: Assigned): Promise<void> {
    const { lease } = assigned
    const stored = await this.options.store.load(lease)
    if (lease.revoked) return
    const partition = await this.#restored(assigned, stored)
    if (lease.revoked) return
    this.#owned.set(lease, partition)
    this.#streams += partition.streams.size
    this.options.adopted(partition)
    assigned.begin(partition.ledger.position)
  }

  async #restored(assigned: Assigned, stored: StoredState): Promise<Partition> {
    const { referenceVersion, shape, now } = this.options
    const { lease } = assigned
    try {
      const feed = decodePartition(stored.streams.get(PARTITION))
      const { start, silentUntil, gap } = resume(assigned, stored, feed)
      const partition = { ...newPartition(lease, new Ledger(start), silentUntil, now()), feed }
      await restore(partition, stored, (name, snapshot) => decodeStream(name, snapshot, gap ? undefined : referenceVersion, shape, now()))
      return partition
    } catch (error) {
      throw new Error(`${lease.topic}/${lease.partition}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }

  /** Forgets a partition that has another owner now. */
  drop(lease: Lease): void {
    const partition = this.#owned.get(lease)
    if (partition === undefined || !lease.revoked) return
    this.#owned.delete(lease)
    this.#streams -= partition.streams.size
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

  /** The stream's state, made when it is new; undefined when there may be no more streams. */
  stream(partition: Partition, name: string): StreamState | undefined {
    const known = partition.streams.get(name)
    if (known !== undefined) {
      known.seen = this.options.now()
      return known
    }
    if (this.#streams >= this.options.maxStreams) return undefined
    const state = newStream(name, this.options.shape, this.options.now())
    partition.streams.set(name, state)
    this.#streams++
    return state
  }
}

/** Streams that are restored in one go: some 10 µs each. */
const SOME = 500

async function restore(
  partition: Partition,
  { streams }: StoredState,
  decode: (name: string, snapshot: StreamSnapshot) => StreamState,
): Promise<void> {
  for (const [name, snapshot] of streams) {
    if (name === PARTITION) continue
    partition.streams.set(name, decode(name, snapshot))
    if (partition.streams.size % SOME === 0) await turn()
  }
}
