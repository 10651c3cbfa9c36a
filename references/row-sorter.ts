import { allocate, type Dtype, RowFile, RowMemory, type Values } from './row-store.js'
import type { Range, Rows } from './rows.js'

/** Rows of several streams, stream after stream, each in order of arrival. */
export type SortedRows = Pick<Rows, 'store' | 'streams'>

/** Rows with the number of each one's stream. */
interface Part {
  readonly values: Values
  readonly streamOf: Int32Array
}

/** Rows are copied from file to file so many values at a time. */
const COPY_VALUES = 2 ** 18

/**
 * Sorts rows by stream, as an external merge sort does: what fills the memory is put in order and written to a temporary file as one
 * run; at the end the runs are merged. Rows that fit in the memory never see a file.
 */
export class RowSorter {
  #parts: Part[] = []
  #bytes = 0
  #file: RowFile | undefined
  readonly #runs: (readonly Range[])[] = []

  /** @param memoryBytes that the rows in memory take at most; as many again while they are put in order */
  constructor(
    private readonly d: number,
    private readonly dtype: Dtype,
    private readonly memoryBytes: number,
  ) {}

  /** Streams are numbered from 0 in the order of their first rows. */
  add(values: Values, streamOf: Int32Array): void {
    this.#parts.push({ values, streamOf })
    this.#bytes += values.byteLength
    if (this.#bytes > this.memoryBytes) this.#writeRun()
  }

  sorted(): SortedRows {
    if (this.#file === undefined) {
      const { values, streams } = ordered(this.#parts, this.dtype, this.d)
      return { store: new RowMemory(values, this.d), streams }
    }
    this.#writeRun()
    return this.#merge(this.#file)
  }

  #writeRun(): void {
    const { values, streams } = ordered(this.#parts, this.dtype, this.d)
    this.#file ??= new RowFile(this.dtype, this.d)
    const start = this.#file.n
    this.#runs.push(streams.map(({ from, to }) => ({ from: start + from, to: start + to })))
    this.#file.append(values)
    this.#parts = []
    this.#bytes = 0
  }

  #merge(file: RowFile): SortedRows {
    const { d } = this
    const count = Math.max(...this.#runs.map((run) => run.length))
    // The runs of a single stream are in order as they are.
    if (count === 1) return { store: file, streams: [{ from: 0, to: file.n }] }
    const merged = new RowFile(this.dtype, d)
    const streams: Range[] = []
    for (let stream = 0; stream < count; stream++) {
      const from = merged.n
      for (const run of this.#runs) if (stream < run.length) copy(file, run[stream], merged, d)
      streams.push({ from, to: merged.n })
    }
    file.close()
    return { store: merged, streams }
  }
}

/** The rows stream after stream, and where each stream lies. */
function ordered(parts: readonly Part[], dtype: Dtype, d: number): { values: Values; streams: Range[] } {
  const counts: number[] = []
  for (const { streamOf } of parts) for (const stream of streamOf) counts[stream] = (counts[stream] ?? 0) + 1
  const streams: Range[] = []
  let n = 0
  for (const count of counts) {
    streams.push({ from: n, to: n + (count ?? 0) })
    n += count ?? 0
  }
  const next = streams.map(({ from }) => from)
  const values = allocate(dtype, n * d)
  for (const part of parts) {
    for (const { from, to } of stretches(part.streamOf)) {
      const stream = part.streamOf[from]
      values.set(part.values.subarray(from * d, to * d), next[stream] * d)
      next[stream] += to - from
    }
  }
  return { values, streams }
}

/** Stretches of rows of one stream. */
function* stretches(streamOf: Int32Array): Generator<Range> {
  for (let from = 0, to = 0; from < streamOf.length; from = to) {
    while (to < streamOf.length && streamOf[to] === streamOf[from]) to++
    yield { from, to }
  }
}

function copy(source: RowFile, { from, to }: Range, target: RowFile, d: number): void {
  const step = Math.max(1, Math.floor(COPY_VALUES / d))
  for (let at = from; at < to; at += step) target.append(source.read(at, Math.min(to, at + step)))
}
