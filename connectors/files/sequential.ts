import { setTimeout as sleep } from 'node:timers/promises'
import { type RawRecord, Records } from '../records.js'
import type { Assigned, Lease, RawBatch, Source, SourceEvent } from '../source.js'

/** An input that is one sequence of records, each at its index: a file, or made-up rows. */
export interface Sequence {
  /** The topic that its records name as their origin. */
  readonly topic: string
  /** Verifies the input and tells how many records it holds; Infinity for one that never ends. */
  open(): Promise<number>
  /** The records from index `offset` on, in runs of any length. Ends early when `signal` aborts. */
  read(offset: number, signal: AbortSignal): AsyncIterable<readonly RawRecord[]>
}

const maxRecords = 1024
const maxBytes = 1024 * 1024
/** With a pace, batches are so short that this many go out each second: a live picture, not a stutter. */
const pacedBatchesPerSecond = 20

/**
 * A source over one sequence: partition 0, whose lease is never revoked, for nobody else can own it.
 * Batches hold up to 1,024 records and 1 MiB (more only when a single record is larger).
 * `commit` does nothing: a sequence keeps no position, so the marker in the state store is where a run goes on.
 */
export class SequentialSource implements Source {
  readonly #stop = new AbortController()
  #end = 0

  /** `rate`: records per second to keep to; 0 = as fast as they are taken. */
  constructor(
    private readonly sequence: Sequence,
    private readonly rate: number,
  ) {}

  async connect(): Promise<void> {
    this.#end = await this.sequence.open()
  }

  async *read(): AsyncIterable<SourceEvent> {
    const { signal } = this.#stop
    const lease: Lease = { topic: this.sequence.topic, partition: 0, revoked: false }
    const start = new Start(signal)
    if (signal.aborted) return
    yield this.#assigned(lease, start)
    const offset = await start.offset
    if (offset === undefined) return
    yield* this.#deliver(lease, offset)
    if (!signal.aborted) yield { kind: 'revoked', lease }
  }

  async commit(): Promise<void> {}

  async close(): Promise<void> {
    this.#stop.abort()
  }

  #assigned(lease: Lease, { begin }: Start): Assigned {
    const end = Math.min(this.#end, Number.MAX_SAFE_INTEGER)
    return { kind: 'assigned', lease, committed: undefined, initial: 0, earliest: 0, end, begin }
  }

  async *#deliver(lease: Lease, offset: number): AsyncIterable<RawBatch> {
    const { signal } = this.#stop
    const started = performance.now()
    let next = offset
    for await (const records of this.#batches(offset)) {
      if (this.rate > 0) await until(started + ((next - offset) / this.rate) * 1000, signal)
      if (signal.aborted) return
      next += records.length
      const lag = Number.isFinite(this.#end) ? this.#end - next : 0
      yield { kind: 'batch', lease, records: Records.of(records), bytes: records.reduce((sum, record) => sum + sizeOf(record), 0), lag }
    }
    if (next < this.#end && !signal.aborted) {
      throw new Error(
        `${this.sequence.topic}: ended after record ${next}, but held ${this.#end} when it was opened; it changed while it was read: start again on a finished file`,
      )
    }
  }

  /** Cuts the sequence's runs into batches of bounded size; ends at the record count that was found at the start. */
  async *#batches(offset: number): AsyncIterable<readonly RawRecord[]> {
    const longest = this.rate > 0 ? Math.min(maxRecords, Math.max(1, Math.ceil(this.rate / pacedBatchesPerSecond))) : maxRecords
    let batch: RawRecord[] = []
    let bytes = 0
    for await (const run of this.sequence.read(offset, this.#stop.signal)) {
      for (const record of run) {
        if (record.offset >= this.#end) continue
        const size = sizeOf(record)
        if (batch.length === longest || (batch.length > 0 && bytes + size > maxBytes)) {
          yield batch
          batch = []
          bytes = 0
        }
        batch.push(record)
        bytes += size
      }
    }
    if (batch.length > 0) yield batch
  }
}

/** Where delivery starts: known once `begin` was called, never when the source is closed before. */
class Start {
  readonly offset: Promise<number | undefined>
  begin!: (offset: number) => void

  constructor(signal: AbortSignal) {
    this.offset = new Promise((resolve) => {
      this.begin = resolve
      signal.addEventListener('abort', () => resolve(undefined), { once: true })
    })
  }
}

const sizeOf = ({ key, value }: RawRecord): number => (key?.length ?? 0) + (value?.length ?? 0)

/** Waits for a time of `performance.now()`, or for the abort. */
async function until(time: number, signal: AbortSignal): Promise<void> {
  const wait = time - performance.now()
  if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined)
}
