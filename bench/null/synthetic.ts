import { type Normals, normals } from '../../connectors/generator/random.js'
import { type Allowance, allowances, type NullSet, type NullStream } from './stream.js'

const FEATURES = 8
const ROWS_PER_ALERT = 1000
const TEST_ROWS = 40_000
const SEEDS = 4
/** Rows before the first one that is used, so that a process has forgotten its start. */
const WARM_UP = 1000

/** A process of hidden factors; each call gives the next row, each factor with a variance of about 1. */
type Process = (normal: Normals) => () => Float64Array

const row = (value: (j: number) => number): Float64Array => Float64Array.from({ length: FEATURES }, (_, j) => value(j))

const autoregressive =
  (phi: number): Process =>
  (normal) => {
    const state = new Float64Array(FEATURES)
    const scale = Math.sqrt(1 - phi * phi)
    return () => row((j) => (state[j] = phi * state[j] + scale * normal()))
  }

/** Each factor follows itself and its neighbour. */
const vectorAutoregressive: Process = (normal) => {
  let state = new Float64Array(FEATURES)
  return () => {
    const last = state
    state = Float64Array.from(last, (value, j) => 0.6 * value + 0.35 * last[(j + 1) % FEATURES] + 0.6 * normal())
    return state.slice()
  }
}

/** A rhythm of so many rows over AR(0.5). */
const season =
  (period: number): Process =>
  (normal) => {
    const next = autoregressive(0.5)(normal)
    const phase = row(() => 2 * Math.PI * normal())
    let t = 0
    return () => {
      t++
      return next().map((value, j) => 0.8 * value + 0.85 * Math.sin((2 * Math.PI * t) / period + phase[j]))
    }
  }

/** Student's t with 3 degrees of freedom, scaled to variance 1. */
const heavyTails: Process = (normal) => () => row(() => normal() / Math.sqrt(normal() ** 2 + normal() ** 2 + normal() ** 2))

/** Bursts: one AR(0.98) log-variance for all factors. */
const volatility: Process = (normal) => {
  let log = 0
  return () => {
    log = 0.98 * log + 0.1 * normal()
    return row(() => Math.exp(log / 2) * normal())
  }
}

/** Four states with means of their own, each lasting a geometric time. */
const regimes =
  (dwell: number): Process =>
  (normal) => {
    const means = Array.from({ length: 4 }, () => row(() => 0.7 * normal()))
    let state = 0
    return () => {
      const leaves = Math.abs(normal()) < Math.sqrt(Math.PI / 2) / dwell
      if (leaves) state = (state + 1 + Math.floor(Math.abs(normal()) * 1000)) % 4
      return means[state].map((mean) => mean + 0.7 * normal())
    }
  }

/** AR(0.5) around a mean that takes a step of `step` sigma with every row, and never comes back. */
const wandering =
  (step: number): Process =>
  (normal) => {
    const next = autoregressive(0.5)(normal)
    const mean = new Float64Array(FEATURES)
    return () => {
      mean.forEach((value, j) => {
        mean[j] = value + step * normal()
      })
      return next().map((value, j) => value + mean[j])
    }
  }

const stationary: NullSet = 'synthetic, stationary'
const walking: NullSet = 'synthetic, wandering mean'

/** As in section 9 of the calibration study. */
const kinds: readonly (readonly [NullSet, string, Process])[] = [
  [stationary, 'independent', autoregressive(0)],
  [stationary, 'AR .5', autoregressive(0.5)],
  [stationary, 'AR .9', autoregressive(0.9)],
  [stationary, 'AR .98', autoregressive(0.98)],
  [stationary, 'VAR', vectorAutoregressive],
  [stationary, 'season of 2,000', season(2000)],
  [stationary, 'season of 10,000', season(10_000)],
  [stationary, 't with 3 d.f.', heavyTails],
  [stationary, 'stochastic volatility', volatility],
  [stationary, 'regimes of 300', regimes(300)],
  [stationary, 'regimes of 3,000', regimes(3000)],
  [walking, 'random walk .003 σ', wandering(0.003)],
  [walking, 'random walk .01 σ', wandering(0.01)],
]

/** A stream that is made when it is asked for: all of them at once would fill the memory. */
export interface SyntheticStream {
  readonly kind: string
  make(): NullStream
}

export const syntheticStreams = (): SyntheticStream[] =>
  kinds.flatMap(([set, kind, process], index) =>
    Array.from({ length: SEEDS }).flatMap((_, seed) =>
      allowances.map((allowed) => ({ kind, make: () => makeStream(set, kind, allowed, process, normals(index, seed, allowed)) })),
    ),
  )

/** Mixes the factors into correlated features of different units. */
function makeStream(set: NullSet, kind: string, allowed: Allowance, process: Process, normal: Normals): NullStream {
  const mixing = Float64Array.from({ length: FEATURES * FEATURES }, () => normal())
  const next = process(normal)
  const referenceRows = allowed * ROWS_PER_ALERT
  const values = new Float64Array((referenceRows + TEST_ROWS) * FEATURES)
  for (let t = -WARM_UP; t < referenceRows + TEST_ROWS; t++) {
    const factors = next()
    if (t < 0) continue
    for (let j = 0; j < FEATURES; j++) {
      let mixed = 0
      for (let i = 0; i < FEATURES; i++) mixed += mixing[j * FEATURES + i] * factors[i]
      values[t * FEATURES + j] = 10 ** (j - 3) * (mixed + 5)
    }
  }
  const cut = referenceRows * FEATURES
  return { set, kind, d: FEATURES, reference: values.subarray(0, cut), test: values.subarray(cut), allowed }
}
