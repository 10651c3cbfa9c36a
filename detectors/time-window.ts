import { add, type LengthSums } from './block-window.js'
import { lengthsInBlocks, type WindowsByTime } from './window-shape.js'

/** What a window by time holds; equal windows have equal states, however their records arrived. */
export interface TimeWindowState {
  /** The sub-blocks that hold records, rising, in hops since the epoch. The last one is open. */
  readonly blocks: readonly number[]
  /** Records of each. */
  readonly counts: readonly number[]
  /** blocks x d */
  readonly sums: Float64Array<ArrayBuffer>
}

/**
 * The last records of one stream as sums and counts of the sub-blocks of event time that hold any. The first record of a later sub-block
 * closes the newest one: an evaluation, when the shortest window that ends with it holds enough records. Late records go to their own
 * sub-block, which later evaluations see.
 */
export class TimeWindow {
  readonly #d: number
  readonly #least: number
  /** In sub-blocks. */
  readonly #lengths: readonly number[]
  readonly #longest: number
  #blocks: number[] = []
  #counts: number[] = []
  /** Grows with the sub-blocks held: at most those of the longest window and the open one. */
  #sums = new Float64Array(0)

  /** Throws `RangeError` when the shape is no window or the state belongs to a window of another shape. */
  constructor(window: WindowsByTime, d: number, state?: TimeWindowState) {
    this.#d = d
    this.#least = window.least
    this.#lengths = lengthsInBlocks(window)
    this.#longest = this.#lengths[this.#lengths.length - 1]
    if (state !== undefined) this.#restore(state)
  }

  /**
   * Adds a segment of `count` records of one sub-block, whose rows sum to sums[at .. at + d). A sub-block that is older than all that the
   * longest window holds begins the windows anew.
   * Returns whether an evaluation is due: a sub-block closed, and enough records are there.
   */
  push(sums: Float64Array, at: number, count: number, block: number): boolean {
    const newest = this.#blocks.at(-1)
    if (newest !== undefined && block !== newest) this.#drop(block > newest - this.#longest ? newest - this.#longest : newest)
    const i = this.#place(block)
    add(this.#sums.subarray(i * this.#d, (i + 1) * this.#d), sums, at)
    this.#counts[i] += count
    return newest !== undefined && block > newest && this.#recordsOf(this.#lengths[0]) >= this.#least
  }

  /** The windows that end with the sub-block that the last push closed. `out` has room for them all (lengths x d) and holds the sums afterwards. */
  sums(out: Float64Array<ArrayBuffer>): LengthSums {
    const d = this.#d
    const lengths: number[] = []
    let i = this.#blocks.length - 2
    const end = this.#blocks[i]
    this.#lengths.forEach((length, l) => {
      const sum = out.subarray(l * d, (l + 1) * d)
      if (l === 0) sum.fill(0)
      else sum.set(out.subarray((l - 1) * d, l * d))
      for (; this.#blocks[i] > end - length; i--) add(sum, this.#sums, i * d)
      lengths.push(this.#recordsOf(length))
    })
    return { lengths, sums: out }
  }

  state(): TimeWindowState {
    return { blocks: [...this.#blocks], counts: [...this.#counts], sums: this.#sums.slice(0, this.#blocks.length * this.#d) }
  }

  /** Records of the window of a length that ends with the sub-block before the newest. */
  #recordsOf(length: number): number {
    let records = 0
    const last = this.#blocks.length - 2
    for (let i = last; this.#blocks[i] > this.#blocks[last] - length; i--) records += this.#counts[i]
    return records
  }

  /** Where the sub-block stands; one that held no record yet is put there. */
  #place(block: number): number {
    const d = this.#d
    const held = this.#blocks.length
    let i = held
    while (i > 0 && this.#blocks[i - 1] > block) i--
    if (this.#blocks[i - 1] === block) return i - 1
    this.#hold(held + 1)
    this.#sums.copyWithin((i + 1) * d, i * d, held * d).fill(0, i * d, (i + 1) * d)
    this.#blocks.splice(i, 0, block)
    this.#counts.splice(i, 0, 0)
    return i
  }

  /** Gives up the sub-blocks up to one. */
  #drop(last: number): void {
    const kept = this.#blocks.findIndex((block) => block > last)
    const gone = kept < 0 ? this.#blocks.length : kept
    if (gone === 0) return
    this.#sums.copyWithin(0, gone * this.#d, this.#blocks.length * this.#d)
    this.#blocks.splice(0, gone)
    this.#counts.splice(0, gone)
  }

  /** Makes room for so many sub-blocks. */
  #hold(blocks: number): void {
    if (blocks * this.#d <= this.#sums.length) return
    const grown = new Float64Array(Math.min(this.#longest + 1, 2 * blocks) * this.#d)
    grown.set(this.#sums)
    this.#sums = grown
  }

  #restore({ blocks, counts, sums }: TimeWindowState): void {
    const rises = blocks.every((block, i) => Number.isSafeInteger(block) && (i === 0 || block > blocks[i - 1]))
    const fits = rises && counts.length === blocks.length && blocks.length <= this.#longest + 1 && sums.length === blocks.length * this.#d
    if (!fits) {
      throw new RangeError(
        `state of ${blocks.length} sub-blocks, ${counts.length} counts and ${sums.length} numbers does not fit windows of ` +
          `${this.#longest} sub-blocks and ${this.#d} features`,
      )
    }
    this.#hold(blocks.length)
    this.#sums.set(sums)
    this.#blocks = [...blocks]
    this.#counts = [...counts]
  }
}
