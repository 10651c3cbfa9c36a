import type { Rejection } from './codec.js'

/** Headers of a record by name; of repeated ones all values in order. */
export type Headers = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>

/** One record before any decoding, on its own. */
export interface RawRecord {
  readonly offset: number
  /** Milliseconds since the epoch: the broker's timestamp, or the file row's read order when it has none. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Headers | undefined
}

/** A column of byte strings, some of which may be null. */
export interface ByteColumn {
  /** Bytes of an entry; -1 where it is null. */
  size(index: number): number
  /** An entry as a view of the column's memory. */
  at(index: number): Buffer | null
  /** Copies an entry, which is not null, to `target` from `start` on. */
  copy(index: number, target: Uint8Array, start: number): void
}

/** What a backbone made of the pictures of some records. */
export interface Embedded {
  /** n x d, of each record the features of its picture; nothing of those without. */
  readonly rows: Float32Array
  readonly d: number
  /** Why a record has none. */
  readonly rejections: readonly (Rejection | undefined)[]
}

/** Byte strings that stand in buffers of their own. */
export class BufferColumn implements ByteColumn {
  constructor(private readonly buffers: readonly (Buffer | null)[]) {}

  size(index: number): number {
    return this.buffers[index]?.length ?? -1
  }

  at(index: number): Buffer | null {
    return this.buffers[index]
  }

  copy(index: number, target: Uint8Array, start: number): void {
    target.set(this.buffers[index]!, start)
  }
}

/**
 * Records of one partition in offset order, as the source delivered them: parallel columns.
 * Whoever looks at single records iterates; an object is made for each only then.
 */
export class Records implements Iterable<RawRecord> {
  constructor(
    readonly offsets: Float64Array,
    /** Of each record the timestamp as `RawRecord` has it. */
    readonly timestamps: Float64Array,
    readonly keys: ByteColumn,
    readonly values: ByteColumn,
    /** The headers of the record at an index. */
    readonly headers: (index: number) => Headers | undefined,
    /** Of records of pictures, once they have been embedded. */
    readonly embedded?: Embedded,
  ) {}

  /** The same records, with what was made of their pictures, or without. */
  withEmbedded(embedded: Embedded | undefined): Records {
    return new Records(this.offsets, this.timestamps, this.keys, this.values, this.headers, embedded)
  }

  static of(records: readonly RawRecord[]): Records {
    return new Records(
      Float64Array.from(records, ({ offset }) => offset),
      Float64Array.from(records, ({ timestamp }) => timestamp),
      new BufferColumn(records.map(({ key }) => key)),
      new BufferColumn(records.map(({ value }) => value)),
      (index) => records[index].headers,
    )
  }

  get length(): number {
    return this.offsets.length
  }

  /** The record at an index, a negative one from the end on. */
  at(index: number): RawRecord | undefined {
    const i = index < 0 ? this.length + index : index
    if (i < 0 || i >= this.length) return undefined
    const headers = this.headers(i)
    return {
      offset: this.offsets[i],
      timestamp: this.timestamps[i],
      key: this.keys.at(i),
      value: this.values.at(i),
      ...(headers && { headers }),
    }
  }

  *[Symbol.iterator](): Iterator<RawRecord> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }
}
