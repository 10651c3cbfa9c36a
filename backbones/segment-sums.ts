import type { ScoreRequest } from './scorer.js'
import { KERNEL_COLUMNS, segmentKernel } from './segment-kernel.js'

/** Adding and subtracting it rounds a double to a multiple of 2^-20. */
const GRID = 1.5 * 2 ** 32
const PAGE = 64 * 1024

/**
 * Sums of the rows' statistics per segment. Values are rounded to a grid first, so that sums are exact and do not depend
 * on where a batch happened to end: the same records give the same window, bit for bit. Being exact, they may be taken in any order.
 */
export class SegmentSums {
  readonly #kernel = segmentKernel(GRID)
  /** Columns that the kernel sums; the few others are summed here. */
  readonly #columns: number

  constructor(private readonly width: number) {
    this.#columns = width - (width % KERNEL_COLUMNS)
  }

  /** Room for the statistics of n rows, good until the next call. */
  readonly rows = (n: number): Float32Array<ArrayBuffer> => {
    const { memory } = this.#kernel
    const missing = this.#start + 4 * n * this.width - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
    return new Float32Array(memory.buffer, this.#start, n * this.width)
  }

  /** Writes the sums of the rows that lie in the last `rows` into the request's. */
  fill(rows: Float32Array, { n, segments, sums }: Pick<ScoreRequest, 'n' | 'segments' | 'sums'>): void {
    const { width } = this
    sums.fill(0)
    for (let row = 0; row < n; ) {
      const segment = segments[row]
      let end = row + 1
      while (end < n && segments[end] === segment) end++
      this.#add(rows, row, end, sums, segment * width)
      row = end
    }
  }

  /** One segment's sums lie before the rows. */
  get #start(): number {
    return 8 * this.width
  }

  #add(rows: Float32Array, row: number, end: number, sums: Float64Array, to: number): void {
    const { width } = this
    const columns = this.#columns
    if (columns > 0) {
      const own = new Float64Array(this.#kernel.memory.buffer, 0, columns)
      own.set(sums.subarray(to, to + columns))
      this.#kernel.add(this.#start + 4 * row * width, end - row, 4 * width, 0, 8 * columns)
      sums.set(own, to)
    }
    for (let at = row * width; at < end * width; at += width)
      for (let j = columns; j < width; j++) sums[to + j] += rows[at + j] + GRID - GRID
  }
}
