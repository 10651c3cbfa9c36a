import type { AlarmKind, BudgetBar, Calibration } from '../calibration/calibration.js'
import { decadesOf, scoreAt } from '../calibration/rate-map.js'
import { oneBar, type StreamBars, streamBars } from '../calibration/stream-bars.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Calibrated, Rarity, Windowed } from './batch.js'

/** One detector's way from its score to the common scale. */
export interface Scale {
  readonly detector: string
  /** a = -log10 lambda at a score, in decades. */
  decades(score: number): number
  /** The score at the budget. */
  readonly limit: number
}

/** Of the record and of the window detectors. */
export interface KindScales {
  readonly record: readonly Scale[]
  readonly drift: readonly Scale[]
}

export interface Scales extends KindScales {
  /** Of the streams with a bar of their own. */
  readonly own?: ReadonlyMap<string, KindScales>
}

export interface CalibrateOptions extends Scales {
  readonly memory: ArrayMemory
}

/** The names of the detectors, charts among those of windows. */
export type Names = Readonly<Record<AlarmKind, readonly string[]>>

/** Limits of an operator's own leave no budget that a stream could have its share of. */
export interface BarOptions {
  readonly perStream?: boolean | undefined
  readonly fixedThresholds?: Readonly<Record<string, number>> | undefined
}

/** The bars that the options leave the streams. */
export const barsOf = (calibration: Calibration, bar: BudgetBar, { perStream = false, fixedThresholds = {} }: BarOptions): StreamBars =>
  perStream && Object.keys(fixedThresholds).length === 0 ? streamBars(calibration, bar) : oneBar

/** The scales of all detectors, and those of the streams with a bar of their own. */
export function scalesOf(names: Names, calibration: Calibration, bar: BudgetBar, options: BarOptions): Scales {
  const bars = barsOf(calibration, bar, options)
  const common = byKind(names, (name) => scaleOf(name, calibration, bar, options.fixedThresholds?.[name]))
  const lifted = (shift: number) => (shift === 0 ? common : byKind(common, (scale) => liftedScale(scale, calibration, bar, shift)))
  return { ...lifted(bars.others), own: new Map([...bars.own].map(([stream, shift]) => [stream, lifted(shift)])) }
}

/** The scales that a stream is judged by. */
export const scalesFor = (stream: string | undefined, scales: Scales): KindScales =>
  (stream !== undefined && scales.own?.get(stream)) || scales

const byKind = <T, U>({ record, drift }: Readonly<Record<AlarmKind, readonly T[]>>, of: (one: T) => U) => ({
  record: record.map(of),
  drift: drift.map(of),
})

/** The calibrated scale of a detector, or with a fixed threshold (advanced override) one that crosses the bar exactly there. */
export function scaleOf(detector: string, calibration: Calibration, bar: BudgetBar, fixedThreshold?: number): Scale {
  if (fixedThreshold !== undefined) {
    return { detector, limit: fixedThreshold, decades: (score) => bar.bar + Math.log10(Math.max(score / fixedThreshold, Number.MIN_VALUE)) }
  }
  const map = calibration.maps[detector]
  const limit = scoreAt(map, 10 ** -bar.bar, calibration.spanDays)
  return { detector, limit, decades: decadesOf(map, calibration.spanDays) }
}

/** The scale of a stream whose bar lies so many decades above the common one: on it the common bar is where the stream's own is. */
const liftedScale = ({ detector, decades }: Scale, { maps, spanDays }: Calibration, { bar }: BudgetBar, shift: number): Scale => ({
  detector,
  limit: scoreAt(maps[detector], 10 ** -(bar + shift), spanDays),
  decades: (score) => decades(score) - shift,
})

/** Puts every score on the common scale of rarity; of several detectors of a kind the rarest counts (min lambda). */
export const calibrate =
  ({ record, drift, own, memory }: CalibrateOptions) =>
  (batch: Windowed): Calibrated => {
    const { n, scores, windows, states, stateOf } = batch
    const windowScores = drift.map((_, j) => windows.map(({ scores }) => scores[j]))
    const calibrated = {
      ...batch,
      record: rarest(record, n, scores, memory),
      drift: rarest(drift, windows.length, windowScores, memory),
    }
    const ownOf = own !== undefined && own.size > 0 ? states.map(({ name }) => own.get(name)) : []
    if (ownOf.some((scales) => scales !== undefined)) {
      lift(calibrated.record, scores, (i) => ownOf[stateOf[i]]?.record)
      lift(calibrated.drift, windowScores, (i) => ownOf[stateOf[windows[i].row]]?.drift)
    }
    return calibrated
  }

/** Moves evaluations to the scales of their own streams; the rarest detector of each stays the rarest. */
function lift(
  { a, detector, effect }: Rarity,
  scores: readonly ArrayLike<number>[],
  own: (i: number) => readonly Scale[] | undefined,
): void {
  for (let i = 0; i < a.length; i++) {
    const scale = own(i)?.[detector[i]]
    if (scale === undefined) continue
    const score = scores[detector[i]][i]
    a[i] = scale.decades(score)
    effect[i] = effectOf(score, scale.limit)
  }
}

const effectOf = (score: number, limit: number): number => Math.min(score / limit, Number.MAX_VALUE)

/**
 * Of each of n evaluations the rarest detector.
 * @param scores n for each detector
 */
export function rarest(scales: readonly Scale[], n: number, scores: readonly ArrayLike<number>[], memory: ArrayMemory): Rarity {
  const a = memory.take(Float64Array, n).fill(Number.NEGATIVE_INFINITY)
  const detector = memory.take(Uint8Array, n).fill(0)
  const effect = memory.take(Float64Array, n).fill(0)
  scales.forEach(({ decades: decadesAt, limit }, j) => {
    const own = scores[j]
    for (let i = 0; i < n; i++) {
      const decades = decadesAt(own[i])
      if (decades <= a[i]) continue
      a[i] = decades
      detector[i] = j
      effect[i] = effectOf(own[i], limit)
    }
  })
  return { a, detector, effect }
}
