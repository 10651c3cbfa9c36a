/** Distances count by their logarithm; so much of the first ones' median is added, so that a distance of 0 has one too. */
const FLOOR_SHARE = 0.02
/** The same where none of the first ones was above 0; distances are in ranges of the series. */
const LEAST_FLOOR = 1e-6
const LEAST_SIGMA = 0.05
const LEAST = -3
const MOST = 15

export interface SurpriseState {
  /** Distances of the warm-up; empty after it. */
  readonly first: Float64Array
  /** What is added to a distance; undefined during the warm-up. */
  readonly floor: number | undefined
  readonly count: number
  readonly mean: number
  /** Sum of squares about the mean. */
  readonly scatter: number
}

/** How unusual a distance is beside all before it: the z value of its logarithm, clipped to -3 … 15. */
export class Surprise {
  #first: number[]
  #floor: number | undefined
  #count: number
  #mean: number
  #scatter: number

  constructor(
    { first, floor, count, mean, scatter }: SurpriseState = { first: new Float64Array(0), floor: undefined, count: 0, mean: 0, scatter: 0 },
  ) {
    this.#first = [...first]
    this.#floor = floor
    this.#count = count
    this.#mean = mean
    this.#scatter = scatter
  }

  /** One of the warm-up's distances: kept, not judged. */
  warm(distance: number): void {
    this.#first.push(distance)
  }

  /** Judges a distance, then learns it. The first one ends the warm-up. */
  judge(distance: number): number {
    const log = Math.log(distance + (this.#floor ?? this.#settle()))
    const sigma = this.#count > 1 ? Math.sqrt(this.#scatter / this.#count) : 0
    const z = (log - this.#mean) / Math.max(sigma, LEAST_SIGMA)
    this.#learn(log)
    return Math.min(MOST, Math.max(LEAST, z))
  }

  state(): SurpriseState {
    return { first: Float64Array.from(this.#first), floor: this.#floor, count: this.#count, mean: this.#mean, scatter: this.#scatter }
  }

  #settle(): number {
    // Series of whole numbers repeat exactly: distances of 0 say nothing of the scale of the others.
    const positive = this.#first.filter((distance) => distance > 0).sort((a, b) => a - b)
    this.#floor = positive.length === 0 ? LEAST_FLOOR : FLOOR_SHARE * positive[positive.length >> 1]
    for (const distance of this.#first) this.#learn(Math.log(distance + this.#floor))
    this.#first = []
    return this.#floor
  }

  #learn(log: number): void {
    const delta = log - this.#mean
    this.#mean += delta / ++this.#count
    this.#scatter += delta * (log - this.#mean)
  }
}
