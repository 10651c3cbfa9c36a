import { uniforms } from '../random.js'
import { COLUMNS, TIME, type View, views } from './embedding.js'

export interface BankOptions {
  /** Embedded values that are kept, at most. */
  readonly capacity: number
  /** Values between two times that the bank takes in what has become old enough. */
  readonly refresh: number
  /** The latest values are neighbours of any new one: so many are never compared with it. */
  readonly recent: number
  readonly seed: number
}

export interface BankState {
  /** Values that were given. */
  readonly seen: number
  /** Embedded values that are compared with, column after column. */
  readonly kept: Float64Array
  /** Those that wait to be old enough, the oldest first. */
  readonly waiting: Float64Array
  /** Extremes of each column over all values, and the ranges by which columns are divided: those of the latest refresh. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly ranges: Float64Array
}

const EMPTY: BankState = {
  seen: 0,
  kept: new Float64Array(0),
  waiting: new Float64Array(0),
  low: new Float64Array(COLUMNS).fill(Number.POSITIVE_INFINITY),
  high: new Float64Array(COLUMNS).fill(Number.NEGATIVE_INFINITY),
  ranges: new Float64Array(COLUMNS).fill(1),
}

/** The nearest of the kept values in each view: how far it is, and when it was (ms). */
export interface Neighbours {
  readonly distances: Float64Array
  readonly times: Float64Array
}

/** A uniform sample of a series' past (reservoir sampling: Vitter's algorithm R), and the nearest distance to it in each view. */
export class PastBank {
  readonly #options: BankOptions
  /** Column by column, which is twice as fast to go through as row by row. */
  readonly #columns: readonly Float64Array[]
  readonly #sums: Float64Array
  #kept: number
  #seen: number
  #waiting: Float64Array[]
  readonly #low: Float64Array
  readonly #high: Float64Array
  #ranges: Float64Array

  constructor(options: BankOptions, state: BankState = EMPTY) {
    this.#options = options
    const kept = state.kept.length / COLUMNS
    this.#columns = Array.from({ length: COLUMNS }, (_, c) => {
      const column = new Float64Array(options.capacity)
      column.set(state.kept.subarray(c * kept, (c + 1) * kept))
      return column
    })
    this.#sums = new Float64Array(options.capacity)
    this.#kept = kept
    this.#seen = state.seen
    this.#waiting = Array.from({ length: state.waiting.length / COLUMNS }, (_, i) => state.waiting.slice(i * COLUMNS, (i + 1) * COLUMNS))
    this.#low = state.low.slice()
    this.#high = state.high.slice()
    this.#ranges = state.ranges.slice()
  }

  /** Values that were given. */
  get seen(): number {
    return this.#seen
  }

  /** Values that are compared with. */
  get kept(): number {
    return this.#kept
  }

  /** The nearest in each view; undefined while nothing is kept. */
  nearest(row: Float64Array): Neighbours | undefined {
    if (this.#kept === 0) return undefined
    const distances = new Float64Array(views.length)
    const times = new Float64Array(views.length)
    for (const [v, view] of views.entries()) {
      const slot = this.#nearestIn(view, row)
      distances[v] = Math.sqrt(this.#sums[slot])
      times[v] = this.#columns[TIME][slot]
    }
    return { distances, times }
  }

  /** Leaves the squared distances in the view in `#sums`; returns where the least is. */
  #nearestIn({ columns, weights }: View, row: Float64Array): number {
    const sums = this.#sums
    const kept = this.#kept
    sums.fill(0, 0, kept)
    for (const [i, c] of columns.entries()) {
      const column = this.#columns[c]
      const value = row[c]
      const factor = (weights[i] / this.#ranges[c]) ** 2
      for (let k = 0; k < kept; k++) {
        const difference = column[k] - value
        sums[k] += factor * difference * difference
      }
    }
    let least = 0
    for (let k = 1; k < kept; k++) if (sums[k] < sums[least]) least = k
    return least
  }

  add(row: Float64Array): void {
    for (let c = 0; c < COLUMNS; c++) {
      this.#low[c] = Math.min(this.#low[c], row[c])
      this.#high[c] = Math.max(this.#high[c], row[c])
    }
    this.#waiting.push(row.slice())
    this.#seen++
    if (this.#seen % this.#options.refresh === 0) this.#refresh()
  }

  state(): BankState {
    const waiting = new Float64Array(this.#waiting.length * COLUMNS)
    for (const [i, row] of this.#waiting.entries()) waiting.set(row, i * COLUMNS)
    return {
      seen: this.#seen,
      kept: this.#keptColumns(),
      waiting,
      low: this.#low.slice(),
      high: this.#high.slice(),
      ranges: this.#ranges.slice(),
    }
  }

  #refresh(): void {
    const { capacity, recent, seed } = this.#options
    const taken = this.#waiting.splice(0, Math.max(0, this.#waiting.length - recent))
    const first = this.#seen - this.#waiting.length - taken.length
    for (const [i, row] of taken.entries()) {
      const nth = first + i
      // A draw that depends on the row's number alone, so that there is no generator to restore.
      const slot = nth < capacity ? nth : Math.floor(uniforms(seed + nth)() * (nth + 1))
      if (slot < capacity) for (let c = 0; c < COLUMNS; c++) this.#columns[c][slot] = row[c]
    }
    this.#kept = Math.min(capacity, first + taken.length)
    this.#ranges = this.#high.map((high, c) => (high > this.#low[c] ? high - this.#low[c] : 1))
  }

  #keptColumns(): Float64Array {
    const kept = new Float64Array(this.#kept * COLUMNS)
    for (const [c, column] of this.#columns.entries()) kept.set(column.subarray(0, this.#kept), c * this.#kept)
    return kept
  }
}
