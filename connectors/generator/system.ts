import { correlationBroken, type Fault, offsetOf } from './faults.js'
import { type Normals, normals } from './random.js'

/**
 * The features: level and spread of each, how strongly it follows the three hidden factors
 * (load, contention, memory pressure), and how many decimals it is reported with. What no factor explains is its own noise.
 */
const features = [
  { name: 'requests_per_s', level: 420, spread: 60, follows: [0.95, 0, 0], decimals: 2 },
  { name: 'latency_p50', level: 38, spread: 4, follows: [0.6, 0.7, 0], decimals: 3 },
  { name: 'latency_p95', level: 120, spread: 15, follows: [0.55, 0.78, 0], decimals: 3 },
  { name: 'error_rate', level: 0.8, spread: 0.12, follows: [0.2, 0.6, 0.2], decimals: 4 },
  { name: 'cpu', level: 52, spread: 7, follows: [0.92, 0.25, 0], decimals: 3 },
  { name: 'memory', level: 61, spread: 4, follows: [0.2, 0, 0.92], decimals: 3 },
  { name: 'queue_depth', level: 14, spread: 2.5, follows: [0.6, 0.7, 0], decimals: 3 },
  { name: 'gc_pause', level: 9, spread: 1.2, follows: [0.15, 0, 0.9], decimals: 3 },
] as const

export const featureNames: readonly string[] = features.map(({ name }) => name)

/** How much of a factor's value stays from one round to the next, and of a feature's own noise. */
const factorMemory = [0.9, 0.8, 0.95] as const
const noiseMemory = 0.3
/**
 * Height of the daily rhythm of the load, in its sigmas. Moderate: a reference of four or more whole days passes its self-test;
 * one of a day and a half would rightly fail, for its halves see different times of day.
 */
const rhythm = 0.4
const day = 86_400_000
/** After so many rounds each stream's state is drawn anew, so that any row can be reached without making all rows before it. */
const blockRounds = 1024

export interface SystemOptions {
  readonly seed: number
  /** Names of the streams; each round has one row of each, in this order. */
  readonly streams: readonly string[]
  /** Time of the first round, ms since the epoch, and from one round to the next. */
  readonly start: number
  readonly interval: number
  readonly faults: readonly Fault[]
}

/** One made-up reading of one stream. */
export interface Sample {
  readonly row: number
  readonly stream: string
  readonly time: number
  /** One number per feature, in the order of `featureNames`. */
  readonly values: Float64Array
}

/**
 * The readings of a made-up live system from a row on, without end: three hidden autocorrelated factors (AR(1)) and a daily
 * rhythm drive eight correlated features. The same options and row give the same sample, wherever the iteration began.
 */
export function* samples(options: SystemOptions, from = 0): Generator<Sample, never> {
  const width = options.streams.length
  const states = options.streams.map((_, index) => new StreamState(options.seed, index))
  const firstRound = Math.floor(from / width)
  for (let round = firstRound - (firstRound % blockRounds); ; round++) {
    const time = options.start + round * options.interval
    for (const [index, stream] of options.streams.entries()) {
      const row = round * width + index
      states[index].advance(round)
      if (row >= from) yield { row, stream, time, values: reading(options, states[index], row, stream, time) }
    }
  }
}

/** The hidden state of one stream: its factors and its features' own noise, each with mean 0 and variance 1. */
class StreamState {
  readonly factors = new Float64Array(factorMemory.length)
  readonly noise = new Float64Array(features.length)
  /** What features follow instead of the load while a correlation break lasts. */
  stray = 0
  #next: Normals = () => 0

  constructor(
    private readonly seed: number,
    private readonly index: number,
  ) {}

  advance(round: number): void {
    const fresh = round % blockRounds === 0
    if (fresh) this.#next = normals(this.seed, this.index, round / blockRounds)
    for (let i = 0; i < this.factors.length; i++) this.factors[i] = this.#step(this.factors[i], fresh ? 0 : factorMemory[i])
    for (let i = 0; i < this.noise.length; i++) this.noise[i] = this.#step(this.noise[i], fresh ? 0 : noiseMemory)
    this.stray = this.#step(this.stray, fresh ? 0 : noiseMemory)
  }

  /** AR(1) that keeps the variance at 1; with memory 0 a fresh draw from what it settles to. */
  #step(value: number, memory: number): number {
    return memory * value + Math.sqrt(1 - memory * memory) * this.#next()
  }
}

function reading(
  { faults }: SystemOptions,
  { factors, noise, stray }: StreamState,
  row: number,
  stream: string,
  time: number,
): Float64Array {
  const load = factors[0] + rhythm * Math.sin((2 * Math.PI * time) / day)
  const active = faults.filter((fault) => row >= fault.at && row < fault.at + fault.rows && (fault.stream ?? stream) === stream)
  return Float64Array.from(features, ({ name, level, spread, follows: [a, b, c], decimals }, index) => {
    const own = Math.sqrt(1 - a * a - b * b - c * c) * noise[index]
    const followed = a * (correlationBroken(active, name) ? stray : load) + b * factors[1] + c * factors[2]
    const sigmas = followed + own + offsetOf(active, name, row)
    return Number((level + spread * sigmas).toFixed(decimals))
  })
}
