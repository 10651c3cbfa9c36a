/** ms that a high is remembered for: at least this, at most twice this. */
const HALF = 30_000

/** The highest value of the last half to whole minute, so that every scraper sees it, however many there are. */
export class RecentHigh {
  #current = Number.NEGATIVE_INFINITY
  #before = Number.NEGATIVE_INFINITY
  #began = Number.NEGATIVE_INFINITY

  /** @param now ms of a clock that never goes back */
  add(value: number, now: number): void {
    this.#turn(now)
    if (value > this.#current) this.#current = value
  }

  /** -Infinity where there was none. */
  read(now: number): number {
    this.#turn(now)
    return Math.max(this.#current, this.#before)
  }

  #turn(now: number): void {
    if (now - this.#began < HALF) return
    this.#before = now - this.#began < 2 * HALF ? this.#current : Number.NEGATIVE_INFINITY
    this.#current = Number.NEGATIVE_INFINITY
    this.#began = now
  }
}
