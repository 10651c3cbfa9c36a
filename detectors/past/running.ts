/** Plain JSON. */
export interface RunningState {
  readonly count: number
  readonly mean: number
  /** Sum of squares about the mean. */
  readonly scatter: number
}

export const nothing: RunningState = { count: 0, mean: 0, scatter: 0 }

/** Mean and deviation of all numbers so far (Welford). */
export class Running {
  #count: number
  #mean: number
  #scatter: number

  constructor({ count, mean, scatter }: RunningState = nothing) {
    this.#count = count
    this.#mean = mean
    this.#scatter = scatter
  }

  add(x: number): void {
    const delta = x - this.#mean
    this.#mean += delta / ++this.#count
    this.#scatter += delta * (x - this.#mean)
  }

  /** How many deviations x is from the mean; no deviation counts as less than `least`. */
  z(x: number, least: number): number {
    const sigma = this.#count > 1 ? Math.sqrt(this.#scatter / this.#count) : 0
    return (x - this.#mean) / Math.max(sigma, least)
  }

  state(): RunningState {
    return { count: this.#count, mean: this.#mean, scatter: this.#scatter }
  }
}
