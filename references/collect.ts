import type { LabelCensus } from './labels.js'
import { RowSorter } from './row-sorter.js'
import type { Dtype } from './row-store.js'
import type { ReferenceRows, RowChunk } from './rows.js'

/** Beyond so many bytes of values, rows go to a temporary file. */
const MEMORY_BYTES = 32 * 1024 * 1024

/**
 * Collects the rows that a reference is fitted on; drops and counts those that are not finite, but for NaN in `optional` columns. Close
 * their stores after use. `timed`: with their event times, for windows by time.
 * Throws `RangeError` when a chunk has another dimension or precision than expected.
 */
export async function collectRows(
  chunks: AsyncIterable<RowChunk>,
  d: number,
  memoryBytes = MEMORY_BYTES,
  optional: readonly number[] = [],
  timed = false,
): Promise<ReferenceRows> {
  const collector = new Collector(d, memoryBytes, optional, timed)
  for await (const chunk of chunks) collector.add(chunk)
  return collector.rows()
}

class Collector {
  /** Of the precision of the first chunk. */
  #sorter: RowSorter | undefined
  #dtype: Dtype = 'float64'
  /** Labels go the way of their rows, as rows of one number. */
  #labels: { readonly census: LabelCensus; readonly sorter: RowSorter } | undefined
  #groups: RowSorter | undefined
  readonly #times: RowSorter | undefined
  readonly #index = new Map<string, number>()
  #n = 0
  #dropped = 0
  #first = Number.NaN
  #last = Number.NaN

  constructor(
    private readonly d: number,
    private readonly memoryBytes: number,
    private readonly optional: readonly number[],
    timed: boolean,
  ) {
    if (timed) this.#times = new RowSorter(1, 'float64', memoryBytes)
  }

  add(chunk: RowChunk): void {
    const { d } = this
    const sorter = this.#sorterFor(chunk)
    const kept = usableRows(chunk, this.optional)
    const values = chunk.values.slice(0, kept.length * d)
    kept.forEach((row, i) => {
      if (row !== i) values.set(chunk.values.subarray(row * d, (row + 1) * d), i * d)
      this.#see(chunk.times[row])
    })
    const streamOf = Int32Array.from(kept, (row) => this.#stream(chunk.streams[chunk.streamOf[row]]))
    sorter.add(values, streamOf)
    this.#addLabels(chunk, kept, streamOf)
    this.#addGroups(chunk, kept, streamOf)
    this.#times?.add(
      Float64Array.from(kept, (row) => chunk.times[row]),
      streamOf,
    )
    this.#n += kept.length
    this.#dropped += chunk.rejected + chunk.n - kept.length
  }

  rows(): ReferenceRows {
    const sorter = this.#sorter ?? new RowSorter(this.d, this.#dtype, this.memoryBytes)
    const optional = this.optional.length > 0 && { optional: this.optional }
    const labels = this.#labels && { labels: this.#labels.census.rows(this.#labels.sorter.sorted().store) }
    const groups = this.#groups && { groups: this.#groups.sorted().store }
    const times = this.#times && { times: this.#times.sorted().store }
    const { store, streams } = sorter.sorted()
    const names = [...this.#index.keys()]
    const named = streams.map((range, i) => ({ ...range, name: names[i] }))
    return {
      n: this.#n,
      d: this.d,
      store,
      streams: named,
      ...optional,
      ...labels,
      ...times,
      ...groups,
      first: this.#first,
      last: this.#last,
      dropped: this.#dropped,
    }
  }

  #sorterFor({ d, values }: RowChunk): RowSorter {
    const dtype = values instanceof Float32Array ? 'float32' : 'float64'
    if (this.#sorter === undefined) {
      this.#dtype = dtype
      this.#sorter = new RowSorter(this.d, dtype, this.memoryBytes)
    }
    if (d === this.d && dtype === this.#dtype) return this.#sorter
    throw new RangeError(
      `the reference has ${this.d} features in ${this.#dtype}, the rows after the first ${this.#n} have ${d} in ${dtype}`,
    )
  }

  #addLabels({ labels }: RowChunk, kept: readonly number[], streamOf: Int32Array): void {
    if (labels === undefined) return
    this.#labels ??= { census: labels.census, sorter: new RowSorter(1, 'float32', this.memoryBytes) }
    this.#labels.sorter.add(
      Float32Array.from(kept, (row) => labels.of[row]),
      streamOf,
    )
  }

  #addGroups({ groups }: RowChunk, kept: readonly number[], streamOf: Int32Array): void {
    if (groups === undefined) return
    this.#groups ??= new RowSorter(1, 'float64', this.memoryBytes)
    this.#groups.add(
      Float64Array.from(kept, (row) => groups[row]),
      streamOf,
    )
  }

  #stream(name: string): number {
    const known = this.#index.get(name)
    if (known !== undefined) return known
    this.#index.set(name, this.#index.size)
    return this.#index.size - 1
  }

  #see(time: number): void {
    if (Number.isNaN(time)) return
    if (!(time >= this.#first)) this.#first = time
    if (!(time <= this.#last)) this.#last = time
  }
}

/** Indices of the rows without an infinity, and without a NaN but in the optional columns. */
function usableRows({ n, d, values }: RowChunk, optional: readonly number[]): number[] {
  const mayMiss = new Set(optional)
  const kept: number[] = []
  for (let row = 0, at = 0; row < n; row++) {
    const [start, end] = [at, at + d]
    while (at < end && (Number.isFinite(values[at]) || (Number.isNaN(values[at]) && mayMiss.has(at - start)))) at++
    if (at === end) kept.push(row)
    at = end
  }
  return kept
}
