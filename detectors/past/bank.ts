import { uniforms } from '../random.js'
import { COLUMNS, TIME, views } from './embedding.js'

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
  /** Embedded values that are compared with, one after the other. */
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

/** The column, view by view, of each number that enters a distance. */
const columnOf = Int32Array.from(views.flatMap(({ columns }) => columns))
/** Where each view ends in it. */
const ends = views.map((_, v) => views.slice(0, v + 1).reduce((sum, { columns }) => sum + columns.length, 0))
const weights = views.flatMap((view) => view.weights)

/** The nearest of the kept values in each view: how far it is, and when it was (ms). */
export interface Neighbours {
  readonly distances: Float64Array
  readonly times: Float64Array
}

/** A uniform sample of a series' past (reservoir sampling: Vitter's algorithm R), and the nearest distance to it in each view. */
export class PastBank {
  readonly #options: BankOptions
  readonly #bank: Float64Array
  #kept: number
  #seen: number
  #waiting: Float64Array[]
  readonly #low: Float64Array
  readonly #high: Float64Array
  #ranges: Float64Array
  /** Squared weight over squared range, for each number that enters a distance. */
  readonly #factors = new Float64Array(columnOf.length)

  constructor(options: BankOptions, state: BankState = EMPTY) {
    this.#options = options
    this.#bank = new Float64Array(options.capacity * COLUMNS)
    this.#bank.set(state.kept)
    this.#kept = state.kept.length / COLUMNS
    this.#seen = state.seen
    this.#waiting = Array.from({ length: state.waiting.length / COLUMNS }, (_, i) => state.waiting.slice(i * COLUMNS, (i + 1) * COLUMNS))
    this.#low = state.low.slice()
    this.#high = state.high.slice()
    this.#ranges = state.ranges.slice()
    this.#weigh()
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
    const best = new Float64Array(views.length).fill(Number.POSITIVE_INFINITY)
    const at = new Int32Array(views.length)
    const bank = this.#bank
    const factors = this.#factors
    for (let base = 0; base < this.#kept * COLUMNS; base += COLUMNS) {
      for (let v = 0, i = 0; v < ends.length; v++) {
        let sum = 0
        for (; i < ends[v]; i++) {
          const difference = bank[base + columnOf[i]] - row[columnOf[i]]
          sum += factors[i] * difference * difference
        }
        if (sum < best[v]) {
          best[v] = sum
          at[v] = base
        }
      }
    }
    return { distances: best.map(Math.sqrt), times: Float64Array.from(at, (base) => bank[base + TIME]) }
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
      kept: this.#bank.slice(0, this.#kept * COLUMNS),
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
      if (slot < capacity) this.#bank.set(row, slot * COLUMNS)
    }
    this.#kept = Math.min(capacity, first + taken.length)
    this.#ranges = this.#high.map((high, c) => (high > this.#low[c] ? high - this.#low[c] : 1))
    this.#weigh()
  }

  #weigh(): void {
    for (const [i, weight] of weights.entries()) this.#factors[i] = (weight / this.#ranges[columnOf[i]]) ** 2
  }
}
