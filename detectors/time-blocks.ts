import { lengthsInBlocks, type WindowsByTime } from './window-shape.js'

/** How far a stream's sub-blocks have come. */
export interface TimeBlocksState {
  /** In hops since the epoch. */
  readonly newest: number
  /** Records that the longest window holds, by a memory that fades over its length. */
  readonly held: number
  /** Records in a row that were too late. */
  readonly late: number
}

/**
 * Gives each record of a stream its sub-block: that of its event time, unless the longest window no longer holds it. A clock that jumps must not
 * blind the stream: once more records in a row were too late than the windows hold (`least` at least), these begin anew at their time.
 */
export class TimeBlocks {
  readonly #hop: number
  readonly #blocks: number
  readonly #least: number
  #newest = Number.NEGATIVE_INFINITY
  #held = 0
  #late = 0

  constructor(window: WindowsByTime, state?: TimeBlocksState) {
    this.#hop = window.hop
    this.#blocks = lengthsInBlocks(window).at(-1)!
    this.#least = window.least
    if (state !== undefined) [this.#newest, this.#held, this.#late] = [state.newest, state.held, state.late]
  }

  /** The sub-block of the latest record, or further on. */
  get newest(): number {
    return this.#newest
  }

  /** @returns hops since the epoch; undefined: the record is too late, or has no time */
  of(time: number): number | undefined {
    const block = Math.floor(time / this.#hop)
    if (!Number.isFinite(block)) return undefined
    const ahead = block - this.#newest
    if (ahead <= -this.#blocks) {
      if (++this.#late < Math.max(this.#least, this.#held)) return undefined
      this.#held = 0
      this.#newest = block
    } else if (ahead > 0) {
      this.#held *= Math.max(0, 1 - ahead / this.#blocks)
      this.#newest = block
    }
    this.#held++
    this.#late = 0
    return block
  }

  /** undefined before the first record. */
  state(): TimeBlocksState | undefined {
    return this.#newest === Number.NEGATIVE_INFINITY ? undefined : { newest: this.#newest, held: this.#held, late: this.#late }
  }
}
