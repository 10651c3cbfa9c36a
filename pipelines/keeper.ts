import type { StreamSnapshot } from '../connectors/store.js'
import { isForgotten, LONGEST_TICK } from './clock.js'
import { Scratch } from './scratch.js'
import { decodeStream, encodeStream } from './snapshot.js'
import { newStream, type Partition, type StreamShape, type StreamState } from './streams.js'
import { vitalsOf } from './vitals.js'

export interface KeeperOptions {
  readonly shape: StreamShape
  readonly referenceVersion: string
  /** Streams on the heap over all partitions, at most; those of records in flight may be more. */
  readonly maxHeld: number
  /** Streams known over all partitions, at most. */
  readonly maxKnown: number
  /** ms of a partition's clock after which a silent stream is forgotten. */
  readonly forgetAfter: number
  now(): number
}

/**
 * Keeps the streams of all partitions that this process owns: the states of those that were seen last on the heap, the others
 * packed in a scratch file. A stream comes back from there as it was, so where it lies changes no result. Only what silence of
 * `forgetAfter` makes of it does, and that is decided by its partition's records.
 */
export class Keeper {
  readonly #partitions = new Set<Partition>()
  readonly #scratch = new Scratch()

  constructor(private readonly options: KeeperOptions) {}

  /** From now on the partition's streams count. */
  adopt(partition: Partition): void {
    this.#partitions.add(partition)
  }

  /** The partition has another owner. */
  drop(partition: Partition): void {
    this.#partitions.delete(partition)
    for (const place of partition.evicted.values()) this.#scratch.free(place)
    partition.evicted.clear()
  }

  /**
   * The stream's state for a record that comes when the partition's clock is as far as it is decoded: a new one where the stream is
   * not known or forgotten; undefined when there may be no more streams.
   */
  stream(partition: Partition, name: string): StreamState | undefined {
    const held = partition.streams.use(name)
    const last = held?.ahead.clock ?? partition.evicted.get(name)?.clock
    if (last !== undefined && isForgotten(last, partition.ahead.time, this.options.forgetAfter)) this.#remove(partition, name)
    else if (held !== undefined) return seen(held, this.options.now())
    return seen(this.recall(partition, name) ?? this.#begin(partition, name), this.options.now())
  }

  /** Takes a state onto the heap, as that of the stream seen last. */
  hold(partition: Partition, state: StreamState): void {
    while (this.#count(({ streams }) => streams.size) >= this.options.maxHeld) if (!this.#evictOldest()) break
    partition.streams.set(state.name, state)
  }

  /** The state of a known stream, brought back where it was evicted. */
  recall(partition: Partition, name: string): StreamState | undefined {
    const evicted = partition.evicted.get(name)
    if (evicted === undefined) return partition.streams.get(name)
    const { referenceVersion, shape } = this.options
    const snapshot = { lastOffset: evicted.offset, state: this.#scratch.read(evicted) }
    const state = decodeStream(name, snapshot, referenceVersion, shape, evicted.seen)
    this.#remove(partition, name)
    this.hold(partition, state)
    return state
  }

  /** The stream's state after its last folded record, wherever it lies; undefined where none is folded since the stream began (anew). */
  snapshot(partition: Partition, name: string): StreamSnapshot | undefined {
    const held = partition.streams.get(name)
    if (held !== undefined) return held.folded.offset < 0 ? undefined : encodeStream(held, this.options.referenceVersion)
    const evicted = partition.evicted.get(name)
    return evicted && { lastOffset: evicted.offset, state: this.#scratch.read(evicted) }
  }

  /** Gives up the streams that begin anew with their next record, whenever it comes; returns their names. */
  forget(partition: Partition): string[] {
    const { forgetAfter } = this.options
    const { time } = partition.clock
    if (time === undefined || time - partition.swept < LONGEST_TICK * forgetAfter) return []
    partition.swept = time
    const names: string[] = []
    for (const { name, ahead } of partition.streams.values()) if (isForgotten(ahead.clock, time, forgetAfter)) names.push(name)
    for (const [name, { clock }] of partition.evicted) if (isForgotten(clock, time, forgetAfter)) names.push(name)
    for (const name of names) {
      this.#remove(partition, name)
      partition.changed.delete(name)
    }
    return names
  }

  async close(): Promise<void> {
    this.#scratch.close()
  }

  #begin(partition: Partition, name: string): StreamState | undefined {
    if (this.#count(({ streams, evicted }) => streams.size + evicted.size) >= this.options.maxKnown) return undefined
    const state = newStream(name, this.options.shape, this.options.now())
    this.hold(partition, state)
    return state
  }

  /** Packs the stream that was seen least recently. Returns whether there was one: none is while all have records in flight. */
  #evictOldest(): boolean {
    let found: { readonly partition: Partition; readonly state: StreamState } | undefined
    for (const partition of this.#partitions) {
      const state = partition.streams.oldest
      if (state === undefined || isInFlight(partition, state)) continue
      if (found === undefined || state.seen < found.state.seen) found = { partition, state }
    }
    if (found !== undefined) this.#evict(found.partition, found.state)
    return found !== undefined
  }

  #evict(partition: Partition, state: StreamState): void {
    const { lastOffset, state: bytes } = encodeStream(state, this.options.referenceVersion)
    const { seen, folded } = state
    const place = this.#scratch.put(bytes)
    partition.evicted.set(state.name, { ...place, offset: lastOffset, clock: folded.clock, seen, vitals: vitalsOf(state) })
    partition.streams.delete(state.name)
  }

  #remove(partition: Partition, name: string): void {
    partition.streams.delete(name)
    const evicted = partition.evicted.get(name)
    if (evicted === undefined) return
    this.#scratch.free(evicted)
    partition.evicted.delete(name)
  }

  #count(of: (partition: Partition) => number): number {
    let count = 0
    for (const partition of this.#partitions) count += of(partition)
    return count
  }
}

/** Batches are folded in the order in which they are decoded: when the oldest stream's last record is, nothing refers to its state. */
const isInFlight = (partition: Partition, { ahead }: StreamState): boolean => ahead.offset >= partition.end

function seen<State extends StreamState | undefined>(state: State, now: number): State {
  if (state !== undefined) state.seen = now
  return state
}
