import type { ArrayMemory } from '../../array-memory.js'
import { type Headers, Records } from '../../records.js'
import { maxBytes, maxRecords, type Portion } from '../batches.js'
import { Cursor } from './cursor.js'
import { SliceColumn } from './slices.js'

/** Collects records column by column, up to the size of one portion. */
export class PortionBuilder {
  readonly #buffers: Buffer[] = []
  readonly #offsets: Float64Array<ArrayBuffer>
  readonly #timestamps: Float64Array<ArrayBuffer>
  readonly #keyStarts: Int32Array<ArrayBuffer>
  readonly #keyEnds: Int32Array<ArrayBuffer>
  readonly #valueStarts: Int32Array<ArrayBuffer>
  readonly #valueEnds: Int32Array<ArrayBuffer>
  readonly #recordEnds: Int32Array<ArrayBuffer>
  #n = 0
  #bytes = 0

  /**
   * @param expected how many records may come; not more than a portion holds are made room for
   * @param memory where the columns lie
   */
  constructor(
    expected: number,
    private readonly memory: ArrayMemory,
  ) {
    const room = Math.min(Math.max(expected, 1), maxRecords)
    this.#offsets = memory.take(Float64Array, room)
    this.#timestamps = memory.take(Float64Array, room)
    this.#keyStarts = memory.take(Int32Array, room)
    this.#keyEnds = memory.take(Int32Array, room)
    this.#valueStarts = memory.take(Int32Array, room)
    this.#valueEnds = memory.take(Int32Array, room)
    this.#recordEnds = memory.take(Int32Array, room)
  }

  get length(): number {
    return this.#n
  }

  /** Whether a record with so many bytes of key and value goes in; the first always does. */
  takes(bytes: number): boolean {
    return this.#n === 0 || (this.#n < this.#offsets.length && this.#bytes + bytes <= maxBytes)
  }

  /**
   * Adds a record that lies in `buffer`: its key and value from start to end, with a negative start for null, and its
   * headers between `valueEnd` and `recordEnd`.
   */
  add(
    buffer: Buffer,
    offset: number,
    timestamp: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    recordEnd: number,
  ): void {
    const i = this.#n++
    this.#buffers.push(buffer)
    this.#offsets[i] = offset
    this.#timestamps[i] = timestamp
    this.#keyStarts[i] = keyStart
    this.#keyEnds[i] = keyEnd
    this.#valueStarts[i] = valueStart
    this.#valueEnds[i] = valueEnd
    this.#recordEnds[i] = recordEnd
    this.#bytes += (keyStart < 0 ? 0 : keyEnd - keyStart) + (valueStart < 0 ? 0 : valueEnd - valueStart)
  }

  /** Gives the columns back: nothing may read what was built any more. */
  recycle(): void {
    this.memory.give(this.#offsets, this.#timestamps)
    this.memory.give(this.#keyStarts, this.#keyEnds, this.#valueStarts, this.#valueEnds, this.#recordEnds)
  }

  build(): Portion {
    const [n, buffers, starts, ends] = [this.#n, this.#buffers, this.#valueEnds, this.#recordEnds]
    const records = new Records(
      this.#offsets.subarray(0, n),
      this.#timestamps.subarray(0, n),
      new SliceColumn(buffers, this.#keyStarts, this.#keyEnds),
      new SliceColumn(buffers, this.#valueStarts, this.#valueEnds),
      (i) => readHeaders(new Cursor(buffers[i], starts[i], ends[i])),
    )
    return { records, bytes: this.#bytes }
  }
}

/** The headers of a record; a name that comes twice has a list of values. */
function readHeaders(cursor: Cursor): Headers {
  const headers: Record<string, Buffer | Buffer[] | undefined> = Object.create(null)
  for (let left = cursor.varint(); left > 0; left--) {
    const start = cursor.skip(cursor.varint())
    const name = cursor.bytes.toString('utf8', start, cursor.at)
    const value = cursor.bytes.subarray(cursor.skip(Math.max(cursor.varint(), 0)), cursor.at)
    const before = headers[name]
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
  }
  return headers
}
