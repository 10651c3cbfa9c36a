import type { AlarmKind } from '../calibration/calibration.js'
import type { StreamHistory } from './view.js'

/** Spans that are kept of a stream. */
export const SPANS = 720
const NARROWEST = 1000
/** 720 of them are two years; what is older goes. */
const WIDEST = 86_400_000
const FIRST_ROOM = 16
/** Features that are kept of the rarest record of a span. */
export const FEATURES = 8

/** How far a feature was from the reference's mean: its number among the names, and standard deviations, signed. */
export interface Deviation {
  readonly feature: number
  readonly sigma: number
}

type Columns = Pick<StreamHistory, 'span' | 'times' | 'record' | 'drift'> & {
  /** Per detector. */
  readonly effects: readonly (readonly (number | null)[])[]
  readonly features: readonly (readonly Deviation[])[]
}

/**
 * What was seen of one stream, in spans of data time of equal width: the rarest evaluation of each kind, the largest effect of each detector,
 * and what stood out in the rarest record. Only spans with data are kept. When there are too many, spans become twice as wide, two by two, and
 * keep the larger of each. Memory: at most 720 x (64 + 4 x detectors) bytes.
 */
export class History {
  #span = NARROWEST
  #count = 0
  #times = new Float64Array(FIRST_ROOM)
  readonly #rarest: Record<AlarmKind, Float32Array> = { record: new Float32Array(FIRST_ROOM), drift: new Float32Array(FIRST_ROOM) }
  #effects: Float32Array
  #features = new Uint16Array(FIRST_ROOM * FEATURES)
  /** NaN: no feature. */
  #sigmas = new Float32Array(FIRST_ROOM * FEATURES)

  constructor(private readonly detectors: number) {
    this.#effects = new Float32Array(FIRST_ROOM * detectors)
  }

  /** Width of a span, ms. */
  get span(): number {
    return this.#span
  }

  get length(): number {
    return this.#count
  }

  /** The rarest of all, decades. */
  get peak(): number {
    const { record, drift } = this.#rarest
    let peak = Number.NEGATIVE_INFINITY
    for (let place = 0; place < this.#count; place++) {
      if (record[place] > peak) peak = record[place]
      if (drift[place] > peak) peak = drift[place]
    }
    return peak
  }

  /** End of the span of that time (ms), exclusive. */
  endOf(time: number): number {
    return (Math.floor(time / this.#span) + 1) * this.#span
  }

  /** The place of the span of that time, until the next call; what comes late counts to the last span. */
  at(time: number): number {
    const last = this.#count - 1
    if (last >= 0 && this.#start(time) <= this.#times[last]) return last
    if (this.#count === SPANS) this.#widen()
    if (this.#count > 0 && this.#start(time) <= this.#times[this.#count - 1]) return this.#count - 1
    return this.#append(this.#start(time))
  }

  /** Whether the evaluation is the rarest of its kind in the span so far. @param a decades */
  rarest(kind: AlarmKind, place: number, a: number): boolean {
    const column = this.#rarest[kind]
    if (!(Number.isNaN(column[place]) || a > column[place])) return false
    column[place] = a
    return true
  }

  effect(detector: number, place: number, effect: number): void {
    const at = place * this.detectors + detector
    if (Number.isNaN(this.#effects[at]) || effect > this.#effects[at]) this.#effects[at] = effect
  }

  /** What stands out in the span's rarest record, the largest first. */
  describe(place: number, deviations: readonly Deviation[]): void {
    for (let i = 0; i < FEATURES; i++) {
      const { feature, sigma } = deviations[i] ?? { feature: 0, sigma: Number.NaN }
      this.#features[place * FEATURES + i] = feature
      this.#sigmas[place * FEATURES + i] = sigma
    }
  }

  /** The rarer of both kinds in the last spans, oldest first; null where nothing was judged. */
  spark(spans: number): (number | null)[] {
    const { record, drift } = this.#rarest
    const from = Math.max(0, this.#count - spans)
    return Array.from({ length: this.#count - from }, (_, i) => {
      const [a, b] = [record[from + i], drift[from + i]]
      return shown(Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b), 2)
    })
  }

  /** The spans that end after `since`, ms. */
  columns(since = Number.NEGATIVE_INFINITY): Columns {
    let from = 0
    while (from < this.#count && this.#times[from] + this.#span <= since) from++
    const places = Array.from({ length: this.#count - from }, (_, i) => from + i)
    return {
      span: this.#span,
      times: places.map((place) => this.#times[place]),
      record: places.map((place) => shown(this.#rarest.record[place], 2)),
      drift: places.map((place) => shown(this.#rarest.drift[place], 2)),
      effects: Array.from({ length: this.detectors }, (_, j) => places.map((place) => shown(this.#effects[place * this.detectors + j], 3))),
      features: places.map((place) => this.#described(place)),
    }
  }

  #described(place: number): Deviation[] {
    const found: Deviation[] = []
    for (let at = place * FEATURES; at < (place + 1) * FEATURES; at++) {
      const sigma = shown(this.#sigmas[at], 2)
      if (sigma !== null) found.push({ feature: this.#features[at], sigma })
    }
    return found
  }

  #start(time: number): number {
    return Math.floor(time / this.#span) * this.#span
  }

  #append(start: number): number {
    const place = this.#count
    if (place === this.#times.length) this.#grow(Math.min(SPANS, 2 * place))
    this.#count++
    this.#times[place] = start
    this.#rarest.record[place] = Number.NaN
    this.#rarest.drift[place] = Number.NaN
    this.#effects.fill(Number.NaN, place * this.detectors, (place + 1) * this.detectors)
    this.describe(place, [])
    return place
  }

  #grow(room: number): void {
    this.#times = grown(this.#times, new Float64Array(room))
    this.#rarest.record = grown(this.#rarest.record, new Float32Array(room))
    this.#rarest.drift = grown(this.#rarest.drift, new Float32Array(room))
    this.#effects = grown(this.#effects, new Float32Array(room * this.detectors))
    this.#features = grown(this.#features, new Uint16Array(room * FEATURES))
    this.#sigmas = grown(this.#sigmas, new Float32Array(room * FEATURES))
  }

  /** Until half of the room is free again, so that it is seldom done. */
  #widen(): void {
    while (this.#count > SPANS / 2 && this.#span < WIDEST) {
      this.#span = Math.min(2 * this.#span, WIDEST)
      this.#merge()
    }
    if (this.#count > SPANS / 2) this.#forget(this.#count - SPANS / 2)
  }

  #merge(): void {
    let to = -1
    for (let from = 0; from < this.#count; from++) {
      const start = this.#start(this.#times[from])
      if (to >= 0 && this.#times[to] === start) this.#join(from, to)
      else {
        this.#move(from, ++to)
        this.#times[to] = start
      }
    }
    this.#count = to + 1
  }

  #join(from: number, to: number): void {
    const { record, drift } = this.#rarest
    if (!Number.isNaN(record[from]) && this.rarest('record', to, record[from])) this.#moveFeatures(from, to)
    if (!Number.isNaN(drift[from])) this.rarest('drift', to, drift[from])
    for (let j = 0; j < this.detectors; j++) {
      const effect = this.#effects[from * this.detectors + j]
      if (!Number.isNaN(effect)) this.effect(j, to, effect)
    }
  }

  #move(from: number, to: number): void {
    if (from === to) return
    this.#times[to] = this.#times[from]
    for (const column of Object.values(this.#rarest)) column[to] = column[from]
    this.#effects.copyWithin(to * this.detectors, from * this.detectors, (from + 1) * this.detectors)
    this.#moveFeatures(from, to)
  }

  #moveFeatures(from: number, to: number): void {
    for (const column of [this.#features, this.#sigmas]) column.copyWithin(to * FEATURES, from * FEATURES, (from + 1) * FEATURES)
  }

  #forget(oldest: number): void {
    for (let from = oldest; from < this.#count; from++) this.#move(from, from - oldest)
    this.#count -= oldest
  }
}

function grown<Array extends Float64Array | Float32Array | Uint16Array>(from: Array, to: Array): Array {
  to.set(from)
  return to
}

/** With so many decimals; JSON has no NaN and no infinity. */
const shown = (value: number, decimals: number): number | null =>
  Number.isNaN(value) ? null : Number(Math.max(-1e6, Math.min(value, 1e6)).toFixed(decimals))
