import { type BankOptions, type BankState, type Neighbours, PastBank } from './bank.js'
import { COLUMNS, embed, MEMORY, type ViewName, views } from './embedding.js'
import { Surprise, type SurpriseState } from './surprise.js'

export interface PastOptions extends BankOptions {
  /** Values before the first score: they tell what distances are usual. More than `refresh`, for before that there are none. */
  readonly warmUp: number
}

/** Those of the default detector study (section 5). */
export const pastDefaults: Omit<PastOptions, 'capacity' | 'warmUp'> = { refresh: 100, recent: 10, seed: 1 }

/** What is found of one value. */
export interface PastFinding {
  /** Mean over the views of how unusual the distance to the nearest past neighbour is, -3 … 15. */
  readonly score: number
  /** Values before it. */
  readonly seen: number
  /** The view in which it is most unusual, when its nearest neighbour there was (ms), and how many moments it was the nearest of. */
  readonly view: ViewName
  readonly nearest: number
  readonly kept: number
}

/** Largest size of a value that counts: squares of differences must be finite. */
const LARGEST = 1e100

/** All that a detector has learnt, in plain numbers and arrays. */
export interface PastState {
  /** The last values, the latest last. */
  readonly recent: Float64Array
  readonly bank: BankState
  /** One for each view. */
  readonly surprises: readonly SurpriseState[]
}

/**
 * Watches one metric without a reference: how far is this moment from the nearest one in the series' own past? Four views of the
 * moment are compared each with its like (level, two ranges, shape; three of them also by the time of day), and the score is the
 * mean of how unusual the four distances are beside all earlier ones. About 0 on a series as usual; 1.2 and more is rare.
 *
 * Learns every value after it has scored it, anomalous or not. Memory is bounded (`capacity` times 16 numbers) and every value
 * costs `capacity` times 19 multiplications. Same values and options, same scores. Source: default detector study, section 5.
 */
export class PastDetector {
  readonly #options: PastOptions
  readonly #recent: number[]
  readonly #row = new Float64Array(COLUMNS)
  readonly #bank: PastBank
  readonly #surprises: readonly Surprise[]

  /** Begins anew, or goes on from a state that a detector with the same options was in. Throws `RangeError` for a warm-up without distances. */
  constructor(options: PastOptions, state?: PastState) {
    const { warmUp, refresh, recent } = options
    if (warmUp <= refresh || refresh <= recent)
      throw new RangeError(
        `a warm-up of ${warmUp} values, a refresh every ${refresh} and ${recent} recent ones; expected each to be larger than the next`,
      )
    this.#options = options
    this.#recent = [...(state?.recent ?? [])]
    this.#bank = new PastBank(options, state?.bank)
    this.#surprises = views.map((_, v) => new Surprise(state?.surprises[v]))
  }

  /**
   * Judges the next value; undefined during the warm-up.
   * @param value a finite number
   * @param time ms since the epoch, for the time of day; NaN where there is none
   */
  add(value: number, time: number): PastFinding | undefined {
    if (!Number.isFinite(value))
      throw new RangeError(`a value of ${value}, expected a finite number; reject the record before it gets here`)
    this.#recent.push(Math.max(-LARGEST, Math.min(LARGEST, value)))
    if (this.#recent.length > MEMORY) this.#recent.shift()
    embed(this.#recent, time, this.#row)
    const finding = this.#judge(this.#bank.nearest(this.#row))
    this.#bank.add(this.#row)
    return finding
  }

  state(): PastState {
    return {
      recent: Float64Array.from(this.#recent),
      bank: this.#bank.state(),
      surprises: this.#surprises.map((surprise) => surprise.state()),
    }
  }

  #judge(nearest: Neighbours | undefined): PastFinding | undefined {
    if (nearest === undefined) return undefined
    const { distances, times } = nearest
    if (this.#bank.seen < this.#options.warmUp) {
      for (const [v, surprise] of this.#surprises.entries()) surprise.warm(distances[v])
      return undefined
    }
    let [score, most, worst] = [0, Number.NEGATIVE_INFINITY, 0]
    for (const [v, surprise] of this.#surprises.entries()) {
      const z = surprise.judge(distances[v])
      score += z / views.length
      if (z > most) [most, worst] = [z, v]
    }
    return { score, seen: this.#bank.seen, view: views[worst].name, nearest: times[worst], kept: this.#bank.kept }
  }
}
