import { type Departure, departureOf, isWithin, type Sums } from './departure.js'

/** What the slow copies of a reference begin with, and how they follow their streams. */
export interface Adaptation {
  /** kappa of AdaB2N: 0 weighs all of the past alike, 1 forgets within some 10 steps. */
  readonly recency: number
  /** Rows of the frozen reference. */
  readonly rows: number
  /** Blocks that are farther than this from the copy teach it nothing. */
  readonly limit: number
  /** So do spans that depart from it farther than this. */
  readonly quiet: Departure
  /** Inverse of the correlations of mapped rows, row-major d x d. */
  readonly precision: Float64Array
  /** Centre and scale of the frozen reference's features (scale 0: constant), raw units, d each. */
  readonly mean: Float64Array
  readonly scale: Float64Array
}

/** Where the copy is, seen from the frozen reference. */
export interface Copy {
  /** Steps that it took. */
  readonly version: number
  /** Blocks that were held out. */
  readonly heldOut: number
  /** d, in deviations of the reference: the copy's mean, and its deviation (1: as in the reference). */
  readonly mean: Float64Array
  readonly deviation: Float64Array
}

/** Rows of a block, of a span, and of a step. */
export const BLOCK = 64
export const SPAN = 4 * BLOCK
export const STEP = 4 * SPAN
/** A step that has fewer rows left than this is not taken: a span and two blocks may be out by chance, of a fault that lasts most are. */
const LEAST = STEP - SPAN - 2 * BLOCK
/** Nor is one that departs by so many times the limits of a span: a shift that lasts departs by four times as much in a step, chance does not. */
const STEP_LIMITS = 3
/** m of AdaB2N: what a step weighs where recency is 1. */
const MOMENTUM = 0.1
/** Beyond these (in deviations of the reference) it is another feature. */
const NARROWEST = 0.1
const WIDEST = 10

/** What a step weighs after very many: 1 - (1 - m)^kappa. */
export const lastingWeight = (recency: number): number => 1 - (1 - MOMENTUM) ** recency

/** Records of a stream that its copy looks back on after many steps; 0 recency: on all. */
const memoryOf = (recency: number): number => Math.round(STEP / lastingWeight(recency))

/** What a slow copy means for the one who relies on it, as a sentence. */
export const adaptationPrice = (recency: number): string => {
  const memory = recency === 0 ? 'all of its past' : `about ${memoryOf(recency).toLocaleString('en-GB')} records`
  return `the reference follows each stream over ${memory}: drift slower than that is not seen as drift, but as the distance of the copy from the reference`
}

type Values = Float32Array | Float64Array

/** Where the numbers of the state stand; behind them ten vectors: mean and variance of the copy, sums and squares of block, span, step and what is learnt. */
const [VERSION, HELD_OUT, WEIGHT, SEEN, SPANNED, STEPPED, LEARNT, HEADER] = [0, 1, 2, 3, 4, 5, 6, 7]

/**
 * A slow copy of the reference's means and deviations that follows one stream. Each row is mapped to where it would lie in the frozen
 * reference, had the stream not moved: x' = mean + (x - mean - scale m) / s. The copy moves by steps of STEP rows that weigh as in AdaB2N
 * (Lyu et al., NeurIPS 2023): w_t = w_(t-1) / (w_(t-1) + (1 - m)^kappa), from w_1 = m^kappa (STEP / (rows + STEP))^(1 - kappa).
 *
 * A fault is not learnt: a block that is a burst is held out and counted (after Unified Normalization, Yang et al. 2022), so is a span that would
 * alarm, and a whole step where most of it is not quiet. The copy judges for itself, since rows are mapped before any alarm about them is known.
 */
export class SlowCopy {
  readonly #state: Float64Array
  readonly #mean: Float64Array
  readonly #variance: Float64Array
  readonly #block: Sums
  /** Of rows in near blocks. */
  readonly #span: Sums
  readonly #step: Sums
  /** Of those in quiet spans. */
  readonly #learnt: Sums
  /** Of the map, raw units: x' = mean + (x - shift) times. */
  readonly #shift: Float64Array
  readonly #times: Float64Array
  /** Of the latest whole block from the copy as it was then. */
  distance = 0
  /** Of the latest whole span, what was left of it; undefined: nothing was. */
  departure: Departure | undefined

  /** @param state what `state()` gave for this stream earlier; left out (or empty) for a new stream */
  constructor(
    private readonly adaptation: Adaptation,
    state: Float64Array = new Float64Array(0),
  ) {
    const d = adaptation.mean.length
    this.#state = state.length === 0 ? new Float64Array(SlowCopy.numbers(d)) : Float64Array.from(state)
    const vector = (i: number) => this.#state.subarray(HEADER + i * d, HEADER + (i + 1) * d)
    this.#mean = vector(0)
    this.#variance = vector(1)
    this.#block = { sums: vector(2), squares: vector(3) }
    this.#span = { sums: vector(4), squares: vector(5) }
    this.#step = { sums: vector(6), squares: vector(7) }
    this.#learnt = { sums: vector(8), squares: vector(9) }
    this.#shift = new Float64Array(d)
    this.#times = new Float64Array(d)
    if (state.length === 0) {
      this.#state[WEIGHT] = (STEP / (adaptation.rows + STEP)) ** (1 - adaptation.recency) * MOMENTUM ** adaptation.recency
      this.#variance.fill(1)
    }
    this.#derive()
  }

  /** Length of the state of d features. */
  static numbers = (d: number): number => HEADER + 10 * d

  /** Maps the row of d values at index `at`, and learns from it. Returns the copy where the row completes a step that moves it. */
  step(values: Values, at: number): Copy | undefined {
    const { mean, scale } = this.adaptation
    const { sums, squares } = this.#block
    for (let j = 0; j < mean.length; j++) {
      if (scale[j] === 0) continue
      const x = values[at + j]
      const u = (x - mean[j]) / scale[j]
      const missing = Number.isNaN(x)
      // What a record lacks teaches nothing: it counts as expected.
      sums[j] += missing ? this.#mean[j] : u
      squares[j] += missing ? this.#mean[j] ** 2 + this.#variance[j] : u * u
      values[at + j] = mean[j] + (x - this.#shift[j]) * this.#times[j]
    }
    const seen = ++this.#state[SEEN]
    if (seen % BLOCK === 0) this.#endBlock()
    if (seen % SPAN === 0) this.#endSpan()
    return seen < STEP ? undefined : this.#endStep()
  }

  /** After the last row; its own memory. */
  state(): Float64Array {
    return this.#state.slice()
  }

  get copy(): Copy {
    return {
      version: this.#state[VERSION],
      heldOut: this.#state[HELD_OUT],
      mean: this.#mean.slice(),
      deviation: this.#variance.map(Math.sqrt),
    }
  }

  #endBlock(): void {
    this.distance = this.#distance()
    if (this.distance <= this.adaptation.limit) {
      this.#state[SPANNED] += BLOCK
      add(this.#span, this.#block)
    } else this.#holdOut(BLOCK)
    clear(this.#block)
  }

  #endSpan(): void {
    const rows = this.#state[SPANNED]
    this.departure = rows === 0 ? undefined : this.#departure(this.#span, rows)
    if (this.departure !== undefined && isWithin(this.departure, this.adaptation.quiet, 1)) {
      this.#state[LEARNT] += rows
      add(this.#learnt, this.#span)
    } else this.#holdOut(rows)
    this.#state[STEPPED] += rows
    add(this.#step, this.#span)
    this.#state[SPANNED] = 0
    clear(this.#span)
  }

  /** Of n rows from the copy. */
  #departure(sums: Sums, n: number): Departure {
    const { scale, precision } = this.adaptation
    return departureOf(sums, n, { scale, precision, mean: this.#mean, variance: this.#variance })
  }

  #holdOut(rows: number): void {
    this.#state[HELD_OUT] += rows / BLOCK
  }

  /** Of the block from the copy: squared Wasserstein-2 distance of the Gaussians over the copy's variance, mean over the features. */
  #distance(): number {
    const { sums, squares } = this.#block
    let [distance, varying] = [0, 0]
    for (let j = 0; j < sums.length; j++) {
      if (this.adaptation.scale[j] === 0) continue
      const mean = sums[j] / BLOCK
      const deviation = Math.sqrt(Math.max(0, squares[j] / BLOCK - mean * mean))
      distance += ((mean - this.#mean[j]) ** 2 + (deviation - Math.sqrt(this.#variance[j])) ** 2) / this.#variance[j]
      varying++
    }
    return distance / varying
  }

  #endStep(): Copy | undefined {
    const learnt = this.#state[LEARNT]
    const moves = learnt >= LEAST && this.#isQuietStep()
    if (moves) this.#move(learnt)
    else this.#holdOut(learnt)
    for (const count of [SEEN, STEPPED, LEARNT]) this.#state[count] = 0
    clear(this.#step)
    clear(this.#learnt)
    return moves ? this.copy : undefined
  }

  /** With the spans that were held out: those that are left of a fault are the ones that show it least. */
  #isQuietStep(): boolean {
    return isWithin(this.#departure(this.#step, this.#state[STEPPED]), this.adaptation.quiet, STEP_LIMITS)
  }

  /** By n rows. The variance is about the mean that they were scored with, so that it holds what the mean is behind. */
  #move(n: number): void {
    const state = this.#state
    state[VERSION]++
    const weight = (state[WEIGHT] * n) / STEP
    state[WEIGHT] /= state[WEIGHT] + (1 - MOMENTUM) ** this.adaptation.recency
    const { sums, squares } = this.#learnt
    for (let j = 0; j < sums.length; j++) {
      if (this.adaptation.scale[j] === 0) continue
      const before = this.#mean[j]
      const mean = sums[j] / n
      const about = squares[j] / n - 2 * mean * before + before * before
      this.#mean[j] += weight * (mean - before)
      this.#variance[j] = Math.min(WIDEST ** 2, Math.max(NARROWEST ** 2, this.#variance[j] + weight * (about - this.#variance[j])))
    }
    this.#derive()
  }

  #derive(): void {
    const { mean, scale } = this.adaptation
    for (let j = 0; j < mean.length; j++) {
      this.#shift[j] = mean[j] + scale[j] * this.#mean[j]
      this.#times[j] = 1 / Math.sqrt(this.#variance[j])
    }
  }
}

/** The frozen reference as a copy of itself. */
export const unmoved = (d: number): Copy => ({ version: 0, heldOut: 0, mean: new Float64Array(d), deviation: new Float64Array(d).fill(1) })

/** How far a copy has gone, in few numbers. */
export interface AdaptationFinding {
  readonly version: number
  readonly heldOut: number
  /** From the frozen reference, in its deviations, of the feature that has gone farthest: Wasserstein-2 of the Gaussians. */
  readonly distance: number
}

export const findingOf = ({ version, heldOut, mean, deviation }: Copy): AdaptationFinding => ({
  version,
  heldOut,
  distance: Math.max(...mean.map((m, j) => Math.hypot(m, deviation[j] - 1))),
})

function add(to: Sums, more: Sums): void {
  for (let j = 0; j < to.sums.length; j++) {
    to.sums[j] += more.sums[j]
    to.squares[j] += more.squares[j]
  }
}

function clear({ sums, squares }: Sums): void {
  sums.fill(0)
  squares.fill(0)
}
