/** Decoded rows as they arrive, row-major n x d; the rows of a stream are in time order. */
export interface RowChunk {
  readonly n: number
  readonly d: number
  /** May be longer than n x d. */
  readonly values: Float32Array | Float64Array
  /** Distinct stream names in this chunk, and for each row the index into them. */
  readonly streams: readonly string[]
  readonly streamOf: ArrayLike<number>
  /** Event times, ms since the epoch. */
  readonly times: ArrayLike<number>
  /** Records that could not be decoded. */
  readonly rejected: number
}

/** Rows [from, to). */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Rows of several streams, stream after stream, each in order of arrival. */
export interface Rows {
  readonly n: number
  readonly d: number
  /** n x d row-major; float32 when the rows arrived so. */
  readonly values: Float32Array | Float64Array
  readonly streams: readonly Range[]
}

/** The rows of a reference as collected. */
export interface ReferenceRows extends Rows {
  /** Event time of the earliest and of the latest row, ms since the epoch; NaN when no row has one. */
  readonly first: number
  readonly last: number
  /** Records that could not be decoded, and rows with a NaN or an infinity. */
  readonly dropped: number
}

/** More rows than the limit: raised before memory runs out. */
export class TooManyRows extends Error {
  override readonly name = 'TooManyRows'
}

/** Rows that are kept take at most this many bytes, unless told otherwise. */
const defaultMaxBytes = 4e9

/**
 * Collects the rows that a reference is fitted on; drops and counts those that are not finite.
 * The kept values are held once as they arrive and once more while they are put in order: at most twice `maxBytes`.
 * Throws `TooManyRows` beyond that, `RangeError` when a chunk has another dimension.
 */
export async function collectRows(chunks: AsyncIterable<RowChunk>, d: number, maxBytes = defaultMaxBytes): Promise<ReferenceRows> {
  const collector = new Collector(d, maxBytes)
  for await (const chunk of chunks) collector.add(chunk)
  return collector.rows()
}

/** The finite rows of a chunk, with each one's stream. */
interface Part {
  readonly values: Float32Array | Float64Array
  readonly streamOf: Int32Array
}

class Collector {
  readonly #parts: Part[] = []
  /** Index of each stream by its name, and its rows so far. */
  readonly #index = new Map<string, number>()
  readonly #counts: number[] = []
  #n = 0
  #bytes = 0
  #dropped = 0
  #first = Number.NaN
  #last = Number.NaN

  constructor(
    private readonly d: number,
    private readonly maxBytes: number,
  ) {}

  add(chunk: RowChunk): void {
    const { d } = this
    if (chunk.d !== d) throw new RangeError(`the reference has ${d} features, the rows after the first ${this.#n} have ${chunk.d}`)
    const kept = finiteRows(chunk)
    const streamOf = Int32Array.from(kept, (row) => this.#stream(chunk.streams[chunk.streamOf[row]]))
    const values = chunk.values.slice(0, kept.length * d)
    kept.forEach((row, i) => {
      if (row !== i) values.set(chunk.values.subarray(row * d, (row + 1) * d), i * d)
      this.#counts[streamOf[i]]++
      this.#see(chunk.times[row])
    })
    this.#n += kept.length
    this.#dropped += chunk.rejected + chunk.n - kept.length
    this.#bytes += values.byteLength
    if (this.#bytes > this.maxBytes) {
      throw new TooManyRows(
        `the first ${this.#n} rows of ${d} features take ${this.#bytes} bytes, more than the limit of ${this.maxBytes}; fit on fewer rows`,
      )
    }
    this.#parts.push({ values, streamOf })
  }

  rows(): ReferenceRows {
    const { d } = this
    const n = this.#n
    const streams: Range[] = []
    for (const count of this.#counts) {
      const from = streams.at(-1)?.to ?? 0
      streams.push({ from, to: from + count })
    }
    const next = streams.map(({ from }) => from)
    const narrow = this.#parts.every(({ values }) => values instanceof Float32Array)
    const values = narrow ? new Float32Array(n * d) : new Float64Array(n * d)
    for (const part of this.#parts.splice(0)) {
      part.streamOf.forEach((stream, i) => {
        values.set(part.values.subarray(i * d, (i + 1) * d), next[stream]++ * d)
      })
    }
    return { n, d, values, streams, first: this.#first, last: this.#last, dropped: this.#dropped }
  }

  #stream(name: string): number {
    const known = this.#index.get(name)
    if (known !== undefined) return known
    this.#index.set(name, this.#counts.length)
    return this.#counts.push(0) - 1
  }

  #see(time: number): void {
    if (Number.isNaN(time)) return
    if (!(time >= this.#first)) this.#first = time
    if (!(time <= this.#last)) this.#last = time
  }
}

/** Indices of the rows without a NaN or an infinity. */
function finiteRows({ n, d, values }: RowChunk): number[] {
  const kept: number[] = []
  for (let row = 0, at = 0; row < n; row++) {
    const end = at + d
    while (at < end && Number.isFinite(values[at])) at++
    if (at === end) kept.push(row)
    at = end
  }
  return kept
}
