import { nothing, Running, type RunningState } from './running.js'

/** Distances count by their logarithm; so much of the first ones' median is added, so that a distance of 0 has one too. */
const FLOOR_SHARE = 0.02
/** The same where none of the first ones was above 0; distances are in ranges of the series. */
const LEAST_FLOOR = 1e-6
const LEAST_SIGMA = 0.05
/** What a score is clipped to. */
export const LEAST = -3
export const MOST = 15

export interface SurpriseState {
  /** Distances of the warm-up; empty after it. */
  readonly first: Float64Array
  /** What is added to a distance; undefined during the warm-up. */
  readonly floor: number | undefined
  /** Of the logarithms. */
  readonly logs: RunningState
}

/** How unusual a distance is beside all before it: the z value of its logarithm, clipped to -3 … 15. */
export class Surprise {
  #first: number[]
  #floor: number | undefined
  readonly #logs: Running

  constructor({ first, floor, logs }: SurpriseState = { first: new Float64Array(0), floor: undefined, logs: nothing }) {
    this.#first = [...first]
    this.#floor = floor
    this.#logs = new Running(logs)
  }

  /** One of the warm-up's distances: kept, not judged. */
  warm(distance: number): void {
    this.#first.push(distance)
  }

  /** Judges a distance, then learns it. The first one ends the warm-up. */
  judge(distance: number): number {
    const log = Math.log(distance + (this.#floor ?? this.#settle()))
    const z = this.#logs.z(log, LEAST_SIGMA)
    this.#logs.add(log)
    return Math.min(MOST, Math.max(LEAST, z))
  }

  state(): SurpriseState {
    return { first: Float64Array.from(this.#first), floor: this.#floor, logs: this.#logs.state() }
  }

  #settle(): number {
    // Series of whole numbers repeat exactly: distances of 0 say nothing of the scale of the others.
    const positive = this.#first.filter((distance) => distance > 0).sort((a, b) => a - b)
    this.#floor = positive.length === 0 ? LEAST_FLOOR : FLOOR_SHARE * positive[positive.length >> 1]
    for (const distance of this.#first) this.#logs.add(Math.log(distance + this.#floor))
    this.#first = []
    return this.#floor
  }
}
