import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Codec, Row, Values } from '../connectors/codec.js'
import type { Records } from '../connectors/records.js'
import type { DeadLetter } from '../connectors/sink.js'
import type { RawBatch } from '../connectors/source.js'
import type { GroupNumbers } from '../references/groups.js'
import type { LabelNumbers } from '../references/labels.js'
import type { Batch } from './batch.js'
import type { Loan } from './bridge.js'
import { isForgotten, tick } from './clock.js'
import type { Partition, StreamState } from './streams.js'

export interface DecodeOptions {
  readonly codec: Codec
  readonly d: number
  /** ms of a partition's clock after which a silent stream is forgotten. */
  readonly forgetAfter: number
  /** The partition that a batch belongs to. */
  partition(batch: RawBatch): Partition
  /** The state of a stream of the partition; undefined when the limit on streams is reached. */
  stream(partition: Partition, name: string): StreamState | undefined
  now(): number
  readonly memory: ArrayMemory
  /** How the records' labels are numbered; undefined: nothing looks at them. */
  readonly labels?: LabelNumbers | undefined
  /** How the records' groups are numbered; undefined: nothing looks at them. */
  readonly groups?: GroupNumbers | undefined
  /** Whether the records as they came are needed until they are graded. */
  readonly keepsRaw?: boolean
}

/**
 * Bytes -> columns. A record that is no row of d finite numbers becomes a dead letter with its reason; the batch goes on.
 * A record that its stream's restored state already reflects is skipped.
 */
export const decode =
  (options: DecodeOptions) =>
  (loan: Loan): Batch => {
    const columns = new Columns(options, loan.batch)
    columns.fill()
    const batch = columns.batch(loan)
    if (options.keepsRaw) return { ...batch, raw: { ...loan.batch, records: loan.batch.records.withEmbedded(undefined) } }
    loan.batch.recycle?.()
    return batch
  }

class Columns {
  readonly #records: Records
  readonly #partition: Partition
  readonly #values: Values
  readonly #stateOf: Int32Array<ArrayBuffer>
  readonly #times: Float64Array<ArrayBuffer>
  readonly #offsets: Float64Array<ArrayBuffer>
  readonly #ids: (string | undefined)[] = []
  readonly #labels: Float32Array<ArrayBuffer> | undefined
  readonly #groups: number[] = []
  readonly #states: StreamState[] = []
  readonly #index = new Map<string, number>()
  readonly #rejected: DeadLetter[] = []
  readonly #arrivals: Batch['arrivals'] & { n: number; readonly rejected: DeadLetter[] }
  readonly #row: Row
  readonly #defaultStream: string
  #n = 0

  constructor(
    private readonly options: DecodeOptions,
    raw: RawBatch,
  ) {
    const { codec, d, memory, labels } = options
    const n = raw.records.length
    this.#records = raw.records
    this.#partition = options.partition(raw)
    this.#partition.unread = raw.lag
    this.#values = codec.dtype === 'float32' ? memory.take(Float32Array, n * d) : memory.take(Float64Array, n * d)
    this.#stateOf = memory.take(Int32Array, n)
    this.#times = memory.take(Float64Array, n)
    this.#offsets = memory.take(Float64Array, n)
    this.#labels = labels && memory.take(Float32Array, n)
    this.#arrivals = { n: 0, lost: raw.lost ?? 0, offsets: memory.take(Float64Array, n), times: memory.take(Float64Array, n), rejected: [] }
    this.#defaultStream = `${raw.lease.topic}-${raw.lease.partition}`
    this.#row = { values: this.#values, at: 0, stream: '', time: 0, id: undefined, label: undefined, group: undefined }
  }

  /** Decodes all records of the batch. */
  fill(): void {
    for (let i = 0; i < this.#records.length; i++) this.#add(i)
  }

  #add(i: number): void {
    const row = this.#row
    row.at = this.#n * this.options.d
    row.stream = this.#defaultStream
    row.time = this.#records.timestamps[i]
    row.id = undefined
    row.label = undefined
    row.group = undefined
    const rejection = this.options.codec.decode(this.#records, i, row)
    const offset = this.#records.offsets[i]
    if (rejection !== undefined) this.#reject(i, rejection.reason, rejection.detail)
    else if (offset < this.#partition.clock.offset) this.#arrive(offset)
    else this.#take(i)
  }

  batch({ batch, release }: Loan): Batch {
    return {
      partition: this.#partition,
      n: this.#n,
      d: this.options.d,
      values: this.#values,
      states: this.#states,
      stateOf: this.#stateOf,
      times: this.#times,
      offsets: this.#offsets,
      ids: this.#ids,
      ...(this.#labels && { labels: this.#labels }),
      ...(this.options.groups && { groups: this.#groups }),
      rejected: this.#rejected,
      arrivals: this.#arrivals,
      end: (batch.records.offsets.at(-1) ?? this.#partition.ledger.position - 1) + 1,
      clock: this.#partition.ahead.time,
      clocks: this.#states.map(({ ahead }) => ahead.clock),
      arrived: this.options.now(),
      release,
    }
  }

  /** Lets the clock go on and gives the row that was just decoded to its stream. */
  #take(i: number): void {
    const { stream, time } = this.#row
    const { ahead } = this.#partition
    ahead.time = tick(ahead.time, time, this.options.forgetAfter)
    const index = this.#stream(stream, ahead.time)
    if (index < 0) this.#reject(i, 'stream_limit', `"${stream}" would be one stream more than limits.knownStreams allows`)
    else this.#keep(this.#records.offsets[i], index, ahead.time)
  }

  /** Keeps the row that was just decoded, unless the stream's restored state reflects it already. */
  #keep(offset: number, index: number, clock: number): void {
    this.#arrive(offset)
    const { ahead } = this.#states[index]
    if (offset <= ahead.offset) return
    ahead.offset = offset
    ahead.clock = clock
    ahead.count++
    this.#stateOf[this.#n] = index
    this.#times[this.#n] = this.#row.time
    this.#offsets[this.#n] = offset
    if (this.#row.id !== undefined) this.#ids[this.#n] = this.#row.id
    if (this.#labels !== undefined) this.#labels[this.#n] = this.options.labels?.of(this.#row.label) ?? 0
    if (this.options.groups !== undefined) this.#groups.push(this.options.groups.of(this.#row.group))
    this.#n++
  }

  /** Counts the row that was just decoded, unless the partition's restored fold reflects it already. */
  #arrive(offset: number): void {
    if (!this.#isNew(offset)) return
    this.#arrivals.times[this.#arrivals.n] = this.#row.time
    this.#arrivals.offsets[this.#arrivals.n++] = offset
  }

  /** Index of the stream in this batch, or -1 when there may be no more streams. One that begins anew has another index. */
  #stream(name: string, clock: number): number {
    const known = this.#index.get(name)
    if (known !== undefined && !isForgotten(this.#states[known].ahead.clock, clock, this.options.forgetAfter)) return known
    const state = this.options.stream(this.#partition, name)
    if (state === undefined) return -1
    this.#index.set(name, this.#states.push(state) - 1)
    return this.#states.length - 1
  }

  #reject(i: number, reason: DeadLetter['reason'], detail: string): void {
    const { topic, partition } = this.#partition.lease
    const { offset, timestamp, key, value } = this.#records.at(i)!
    // Copies: the letter outlives the memory of the records.
    const letter = {
      origin: { topic, partition, offset },
      reason,
      detail,
      timestamp,
      key: key && Buffer.from(key),
      value: value && Buffer.from(value),
    }
    if (this.#isNew(offset)) this.#arrivals.rejected.push(letter)
    if (offset >= this.#partition.silentUntil) this.#rejected.push(letter)
  }

  /** Whether the partition's restored fold does not reflect the record. */
  #isNew(offset: number): boolean {
    return offset > this.#partition.feed.offset
  }
}
