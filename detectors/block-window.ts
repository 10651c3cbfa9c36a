import { lengthsInBlocks, type WindowsByCount } from './window-shape.js'

/** Sums over the windows of all lengths that end with the same record. */
export interface LengthSums {
  /** Records that each holds. */
  readonly lengths: readonly number[]
  /** lengths x d */
  readonly sums: Float64Array<ArrayBuffer>
}

/** What a window holds, oldest block first; equal windows have equal states, however their records arrived. */
export interface BlockWindowState {
  /** Closed sub-blocks held, at most those of the longest window. */
  readonly closed: number
  /** Records in the open sub-block, less than hop. */
  readonly open: number
  /** (closed + 1) x d: the sums of the closed sub-blocks, then of the open one. */
  readonly sums: Float64Array<ArrayBuffer>
}

/**
 * The last records of one stream as a ring of sub-block sums of d-dimensional rows, counted from the stream's first record.
 * Each sub-block that closes once `size` records are there is one evaluation of the window.
 * The window's sums are added up from the ring every time, so no rounding error outlives its records.
 */
export class BlockWindow {
  readonly #d: number
  readonly #hop: number
  /** Sub-blocks of the shortest window, of each, and of the longest. */
  readonly #least: number
  readonly #lengths: readonly number[]
  readonly #blocks: number
  /** Grows with the closed sub-blocks, so that a stream of few records stays small. */
  #ring: Float64Array<ArrayBuffer>
  readonly #current: Float64Array<ArrayBuffer>
  #next = 0
  #closed = 0
  #open = 0

  /** Throws `RangeError` when the shape is no window or the state belongs to a window of another shape. */
  constructor(window: WindowsByCount, d: number, state?: BlockWindowState) {
    this.#d = d
    this.#hop = window.hop
    this.#lengths = lengthsInBlocks(window)
    this.#least = this.#lengths[0]
    this.#blocks = this.#lengths[this.#lengths.length - 1]
    this.#ring = new Float64Array(0)
    this.#current = new Float64Array(d)
    if (state !== undefined) this.#restore(state)
  }

  /** Records until the open sub-block closes: a segment may hold at most this many. */
  get room(): number {
    return this.#hop - this.#open
  }

  /** Whether `size` records are there. */
  get full(): boolean {
    return this.#closed >= this.#least
  }

  /**
   * Adds a segment of `count` consecutive records, whose rows sum to sums[at .. at + d). It must not be longer than `room`.
   * Returns whether an evaluation is due: a sub-block closed and the window is full.
   */
  push(sums: Float64Array, at: number, count: number): boolean {
    if (count > this.room) throw new RangeError(`segment of ${count} records crosses the end of a sub-block that has room for ${this.room}`)
    add(this.#current, sums, at)
    this.#open += count
    if (this.#open < this.#hop) return false
    this.#hold(this.#next + 1)
    this.#ring.set(this.#current, this.#next * this.#d)
    this.#current.fill(0)
    this.#open = 0
    this.#next = (this.#next + 1) % this.#blocks
    this.#closed = Math.min(this.#closed + 1, this.#blocks)
    return this.full
  }

  /** The windows that end with the last closed sub-block. `out` has room for them all (lengths x d) and holds the sums afterwards. */
  sums(out: Float64Array<ArrayBuffer>): LengthSums {
    const d = this.#d
    const lengths: number[] = []
    let age = 0
    this.#lengths.forEach((length, l) => {
      const sum = out.subarray(l * d, (l + 1) * d)
      if (l === 0) sum.fill(0)
      else sum.set(out.subarray((l - 1) * d, l * d))
      while (age < Math.min(length, this.#closed)) add(sum, this.#ring, this.#slot(++age))
      lengths.push(age * this.#hop)
    })
    return { lengths, sums: out }
  }

  state(): BlockWindowState {
    const d = this.#d
    const sums = new Float64Array((this.#closed + 1) * d)
    for (let i = 0; i < this.#closed; i++) {
      const from = this.#slot(this.#closed - i)
      sums.set(this.#ring.subarray(from, from + d), i * d)
    }
    sums.set(this.#current, this.#closed * d)
    return { closed: this.#closed, open: this.#open, sums }
  }

  /** Makes room for so many sub-blocks. */
  #hold(blocks: number): void {
    if (blocks * this.#d <= this.#ring.length) return
    const grown = new Float64Array(Math.min(this.#blocks, 2 * blocks) * this.#d)
    grown.set(this.#ring)
    this.#ring = grown
  }

  /** Where the sub-block begins that was closed `age` sub-blocks ago (1 = the newest). */
  #slot(age: number): number {
    return ((this.#next - age + this.#blocks) % this.#blocks) * this.#d
  }

  #restore({ closed, open, sums }: BlockWindowState): void {
    const fits = closed >= 0 && closed <= this.#blocks && open >= 0 && open < this.#hop && sums.length === (closed + 1) * this.#d
    if (!fits) {
      throw new RangeError(
        `state of ${closed} closed sub-blocks, ${open} open records and ${sums.length} numbers does not fit a window of ` +
          `${this.#blocks} sub-blocks of ${this.#hop} records and ${this.#d} features`,
      )
    }
    this.#hold(closed)
    this.#ring.set(sums.subarray(0, closed * this.#d))
    this.#current.set(sums.subarray(closed * this.#d))
    this.#closed = closed
    this.#next = closed % this.#blocks
    this.#open = open
  }
}

/** Adds values[from .. from + n) to the n numbers of `sum`: a function of its own, so that its loop reads no field. */
export function add(sum: Float64Array, values: Float64Array, from: number): void {
  for (let j = 0; j < sum.length; j++) sum[j] += values[from + j]
}
