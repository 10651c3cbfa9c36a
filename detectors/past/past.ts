import { type BankOptions, type BankState, PastBank } from './bank.js'
import { COLUMNS, embed, MEMORY, views } from './embedding.js'
import { Surprise, type SurpriseState } from './surprise.js'

export interface PastOptions extends BankOptions {
  /** Values before the first score: they tell what distances are usual. More than `refresh`, for before that there are none. */
  readonly warmUp: number
}

/** Those of the default detector study (section 5); a warm-up of 750 values is the longest that it measured. */
export const pastDefaults: PastOptions = { capacity: 5000, refresh: 100, recent: 10, seed: 1, warmUp: 750 }

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
 * Learns every value after it has scored it, anomalous or not. Memory is bounded (`capacity` times 15 numbers) and every value
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
   * The score of the next value; undefined during the warm-up.
   * @param value a finite number
   * @param time ms since the epoch, for the time of day; NaN where there is none
   */
  add(value: number, time: number): number | undefined {
    if (!Number.isFinite(value))
      throw new RangeError(`a value of ${value}, expected a finite number; reject the record before it gets here`)
    this.#recent.push(value)
    if (this.#recent.length > MEMORY) this.#recent.shift()
    embed(this.#recent, time, this.#row)
    const score = this.#score(this.#bank.nearest(this.#row))
    this.#bank.add(this.#row)
    return score
  }

  state(): PastState {
    return {
      recent: Float64Array.from(this.#recent),
      bank: this.#bank.state(),
      surprises: this.#surprises.map((surprise) => surprise.state()),
    }
  }

  #score(distances: Float64Array | undefined): number | undefined {
    if (distances === undefined) return undefined
    if (this.#bank.seen >= this.#options.warmUp) {
      return this.#surprises.reduce((sum, surprise, v) => sum + surprise.judge(distances[v]) / views.length, 0)
    }
    for (const [v, surprise] of this.#surprises.entries()) surprise.warm(distances[v])
    return undefined
  }
}
