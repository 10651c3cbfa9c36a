import type { StreamSnapshot } from '../connectors/store.js'
import { isForgotten, LONGEST_TICK } from './clock.js'
import { Scratch } from './scratch.js'
import { decodeStream, encodeStream } from './snapshot.js'
import { newStream, type Partition, type StreamShape, type StreamState } from './streams.js'
import { vitalsOf } from './vitals.js'

export interface KeeperOptions {
  readonly shape: StreamShape
  readonly referenceVersion: string
  /** Streams on the heap over all partitions; a few more for a moment, or as many as have records in flight. */
  readonly maxHeld: number
  /** Streams known over all partitions, at most. */
  readonly maxKnown: number
  /** ms of a partition's clock after which a silent stream is forgotten. */
  readonly forgetAfter: number
  now(): number
}

/** Streams that are looked at to make room for one: the time it takes is bounded, and what is not found now is found for the next. */
const MOST_LOOKS = 100

/**
 * Keeps the streams of all partitions that this process owns: those that had records lately on the heap, the states of the others
 * packed in a scratch file. A stream comes back from there as it was, so where it lies changes no result. Only what silence of
 * `forgetAfter` makes of it does, and that is decided by its partition's records.
 *
 * Room is made by the clock algorithm (Corbató, 1968): a hand goes round the streams on the heap and takes the first that was not used
 * since it last came by. So a record costs a flag, and a name that comes only once goes first.
 */
export class Keeper {
  readonly #partitions = new Set<Partition>()
  readonly #scratch = new Scratch()
  #hand = this.#round()

  constructor(private readonly options: KeeperOptions) {}

  /** From now on the partition's streams count. */
  adopt(partition: Partition): void {
    this.#partitions.add(partition)
  }

  /** The partition has another owner. */
  drop(partition: Partition): void {
    this.#partitions.delete(partition)
    this.#hand = this.#round()
    for (const place of partition.evicted.values()) this.#scratch.free(place)
    partition.evicted.clear()
  }

  /**
   * The stream's state for a record that comes when the partition's clock is as far as it is decoded: a new one where the stream is
   * not known or forgotten; undefined when there may be no more streams.
   */
  stream(partition: Partition, name: string): StreamState | undefined {
    const held = partition.streams.get(name)
    const last = held?.ahead.clock ?? partition.evicted.get(name)?.clock
    if (last !== undefined && isForgotten(last, partition.ahead.time, this.options.forgetAfter)) this.#remove(partition, name)
    else if (held !== undefined) {
      held.used = true
      held.seen = this.options.now()
      return held
    }
    const state = this.recall(partition, name) ?? this.#begin(partition, name)
    if (state !== undefined) state.seen = this.options.now()
    return state
  }

  /** Takes a state onto the heap. */
  hold(partition: Partition, state: StreamState): void {
    while (this.#count(({ streams }) => streams.size) >= this.options.maxHeld) if (!this.#makeRoom()) break
    partition.streams.set(state.name, state)
  }

  /** The state of a known stream, brought back where it was evicted. */
  recall(partition: Partition, name: string): StreamState | undefined {
    const held = partition.streams.get(name)
    if (held !== undefined) return held
    const evicted = partition.evicted.get(name)
    if (evicted === undefined) return undefined
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

  /** Packs one stream. Returns whether it did. */
  #makeRoom(): boolean {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const { value, done } = this.#hand.next()
      if (done) this.#hand = this.#round()
      else if (value.state.used) value.state.used = false
      else if (!isInFlight(value)) {
        this.#evict(value.partition, value.state)
        return true
      }
    }
    return false
  }

  /** The streams on the heap, without those that come meanwhile: else the hand would never get round. */
  *#round(): Generator<Held, undefined> {
    for (const partition of this.#partitions) {
      let left = partition.streams.size
      for (const state of partition.streams.values()) {
        if (left-- === 0) break
        yield { partition, state }
      }
    }
  }

  #evict(partition: Partition, state: StreamState): void {
    const { lastOffset, state: bytes } = encodeStream(state, this.options.referenceVersion)
    const { name, seen, folded } = state
    const { at, length } = this.#scratch.put(bytes)
    // Written out: an object made with a spread would take twice the memory.
    partition.evicted.set(name, { at, length, offset: lastOffset, clock: folded.clock, vitals: vitalsOf(state), seen })
    partition.streams.delete(name)
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

interface Held {
  readonly partition: Partition
  readonly state: StreamState
}

/** Whether a batch refers to the state that is not folded into it yet. */
const isInFlight = ({ partition, state }: Held): boolean => state.ahead.offset >= partition.end
