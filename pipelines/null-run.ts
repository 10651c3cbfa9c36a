import { type Evidence, grade } from '../alerts/grade.js'
import type { Severity } from '../alerts/severity.js'
import type { SeverityModel } from '../alerts/severity-model.js'
import { type AlarmParams, feedbackDecay, newStreamAlarm, persistence, relax, type StreamAlarm, step } from '../calibration/alarm.js'
import { barFor } from '../calibration/budget.js'
import type { AlarmKind, BudgetBar, Calibration } from '../calibration/calibration.js'
import { partitionPoint } from '../calibration/order-statistics.js'
import { PrecisionBar, type PrecisionPolicy } from '../calibration/precision.js'
import { ArrayMemory } from '../connectors/array-memory.js'
import { uniforms } from '../detectors/random.js'
import { alarmKind, calibrationOf, type HeldOut, type HeldOutStretch } from '../references/held-out.js'
import type { MonitorSettings } from './assemble.js'
import type { Rarity } from './batch.js'
import { type KindScales, rarest, scalesFor, scalesOf } from './calibrate.js'
import { isFiring } from './findings.js'
import { precisionPolicy } from './precision.js'

export type NullOptions = Pick<
  MonitorSettings['alerting'],
  'falseAlarmsPerDay' | 'precision' | 'perStream' | 'feedback' | 'relativeClearing' | 'fixedThresholds' | 'severityModel'
>

/** What the alarm logic did on records that should be normal. */
export interface NullRun {
  readonly records: number
  /** Alerts opened, by their severity at the opening. */
  readonly opened: Readonly<Record<Severity, number>>
  /** Share of the records after which their stream had an alert open. */
  readonly inAlarm: number
}

/** A stretch on the common scale, by a calibration that has not seen its fold. */
export interface Judged {
  readonly stream: number
  readonly rows: number
  readonly kinds: Readonly<Record<AlarmKind, Rarity>>
  readonly scales: KindScales
  /** Of each chart the detector that it sits on. */
  readonly witness: ReadonlyMap<string, string>
  /** The rows after which windows were evaluated, rising. */
  readonly evaluated: Int32Array
  readonly bar: BudgetBar
  readonly params: AlarmParams
  readonly precision: PrecisionPolicy | undefined
  readonly severityModel: SeverityModel | undefined
}

/** Rows [from, to) of a stretch, told to the alarm of a stream. */
interface Piece {
  readonly stream: number
  readonly of: Judged
  readonly from: number
  readonly to: number
}

/** Records of a resampled block. */
export const NULL_BLOCK = 500

/** Puts every fold on the scale, and under the bar, of a calibration by the other folds, so that nothing judges itself. */
export function judgeFolds(heldOut: HeldOut, alerting: NullOptions): Judged[] {
  const { folds } = heldOut
  return folds.flatMap((fold, f) => {
    const others = folds.filter((_, other) => other !== f)
    return judgeBy(calibrationOf(heldOut, others), fold, heldOut, alerting)
  })
}

/** Puts held-out stretches on the scale, and under the bar, of a calibration. */
export function judgeBy(
  calibration: Calibration,
  stretches: readonly HeldOutStretch[],
  { rung, detectors, series, logic, rowsPerDay }: HeldOut,
  alerting: NullOptions,
): Judged[] {
  const memory = new ArrayMemory()
  const bar = barFor(calibration, alerting.falseAlarmsPerDay, rung.selfTest.passed)
  const decay = alerting.feedback ? feedbackDecay(bar.budgetPerDay, rowsPerDay) : 0
  const namesOf = (kind: AlarmKind) => detectors.filter((detector) => alarmKind[detector.kind] === kind).map(({ name }) => name)
  const names = { record: namesOf('record'), drift: [...namesOf('drift'), ...series.map(({ name }) => name)] }
  const all = scalesOf(names, calibration, bar, alerting)
  const streams = new Map(rung.rows.streams.map(({ from, name }) => [from, name]))
  return stretches.map(({ stretch, scores, evaluated }): Judged => {
    const scales = scalesFor(streams.get(stretch.streamFrom), all)
    const rarity = (kind: AlarmKind) => {
      const runs = scales[kind].map(({ detector }) => scores.get(detector) ?? new Float64Array())
      return rarest(scales[kind], runs[0]?.length ?? 0, runs, memory)
    }
    return {
      stream: stretch.streamFrom,
      rows: stretch.to - stretch.from,
      kinds: { record: rarity('record'), drift: rarity('drift') },
      scales,
      witness: new Map(series.map(({ name, detector }) => [name, detector])),
      evaluated,
      bar,
      params: { bar: bar.bar, logic, relativeClearing: alerting.relativeClearing, decay },
      precision: precisionPolicy(alerting, rung.selfTest.passed, { calibration, logic }),
      severityModel: alerting.severityModel,
    }
  })
}

/** The budget; where the alarm cannot open so many alerts, those that it can. */
export const allowedPerDay = (judged: readonly Judged[]): number =>
  judged.reduce((sum, { rows, bar: { budgetPerDay, reachablePerDay = budgetPerDay } }) => sum + rows * reachablePerDay, 0) / rowsIn(judged)

/** The folds one after the other, as they came. */
export const inOrder = (judged: readonly Judged[]): NullRun => replay(judged.map((of) => ({ stream: of.stream, of, from: 0, to: of.rows })))

/** A copy of as many streams of the same lengths, made of blocks of records that are drawn anew. Same seed, same copy. */
export function resampled(judged: readonly Judged[], seed: number): NullRun {
  const uniform = uniforms(seed)
  const streams = wholeStreams(judged)
  const total = rowsIn(judged)
  const pieces: Piece[] = []
  for (const { stream, rows: length } of streams) {
    for (let filled = 0; filled < length; ) {
      const { parts, rows } = drawn(streams, uniform() * total)
      const size = Math.min(NULL_BLOCK, rows, length - filled)
      const from = Math.floor(uniform() * (rows - size + 1))
      pieces.push(...cutOut(stream, parts, from, from + size))
      filled += size
    }
  }
  return replay(pieces)
}

/** The parts of each stream, in order. */
export function wholeStreams(
  judged: readonly Judged[],
): { readonly stream: number; readonly parts: readonly Judged[]; readonly rows: number }[] {
  const streams = new Map<number, Judged[]>()
  for (const part of judged) {
    const parts = streams.get(part.stream)
    if (parts === undefined) streams.set(part.stream, [part])
    else parts.push(part)
  }
  return [...streams].map(([stream, parts]) => ({ stream, parts, rows: rowsIn(parts) }))
}

const rowsIn = (parts: readonly { readonly rows: number }[]): number => parts.reduce((sum, { rows }) => sum + rows, 0)

/** The one that holds the row at a place among all rows. */
function drawn<T extends { readonly rows: number }>(all: readonly T[], place: number): T {
  let before = 0
  for (const one of all) {
    before += one.rows
    if (place < before) return one
  }
  return all[all.length - 1]
}

/** Rows [from, to) of a stream that consists of the parts, told to another. */
function cutOut(stream: number, parts: readonly Judged[], from: number, to: number): Piece[] {
  let before = 0
  return parts.flatMap((of) => {
    const piece = { stream, of, from: Math.max(0, from - before), to: Math.min(of.rows, to - before) }
    before += of.rows
    return piece.from < piece.to ? [piece] : []
  })
}

function replay(pieces: readonly Piece[]): NullRun {
  const streams = new Map<number, NullStream>()
  const opened: Record<Severity, number> = { info: 0, warning: 0, error: 0, critical: 0 }
  let [records, open] = [0, 0]
  let found: readonly number[] = []
  for (const { stream, of, from, to } of pieces) {
    const state = streams.get(stream) ?? new NullStream()
    streams.set(stream, state)
    const precision = of.precision && new PrecisionBar(found, of.precision)
    let window = partitionPoint(of.evaluated, (row) => row < from)
    for (let row = from; row < to; row++) {
      const due = of.evaluated[window] === row ? window++ : undefined
      const severities = state.row(of, row, due, precision === undefined ? of.params : { ...of.params, bar: precision.at(records) })
      for (const severity of severities) opened[severity]++
      precision?.add(records, severities.length)
      records++
      if (state.open) open++
    }
    found = precision?.found(records) ?? found
  }
  return { records, opened, inAlarm: open / records }
}

/** The alarm of one stream, with what its severity depends on. */
class NullStream {
  readonly #alarm: StreamAlarm = newStreamAlarm()
  /** Detectors that took part in the open alert of each kind. */
  readonly #seen: Record<AlarmKind, Set<string>> = { record: new Set(), drift: new Set() }

  get open(): boolean {
    return this.#alarm.record.open || this.#alarm.drift.open
  }

  /** Folds a row of the stretch, and the evaluation after it, as the live pipeline does; returns the severities of the alerts that it opens. */
  row(of: Judged, row: number, window: number | undefined, params: AlarmParams): Severity[] {
    const opened: (Severity | undefined)[] = []
    if (of.scales.record.length > 0) opened.push(this.#step('record', of, row, params))
    if (of.scales.drift.length > 0 && window !== undefined) opened.push(this.#step('drift', of, window, params))
    relax(this.#alarm, params.decay)
    return opened.filter((severity) => severity !== undefined)
  }

  #step(kind: AlarmKind, { kinds, scales, witness, bar, severityModel }: Judged, i: number, params: AlarmParams): Severity | undefined {
    const a = kinds[kind].a[i]
    const effect = kinds[kind].effect[i]
    const outcome = step(this.#alarm, kind, { a, effect }, params)
    if (outcome === 'opened' || outcome === 'quiet') this.#seen[kind].clear()
    if (!isFiring(outcome)) return undefined
    const { detector: scored, limit } = scales[kind][kinds[kind].detector[i]]
    const detector = witness.get(scored) ?? scored
    this.#seen[kind].add(detector)
    if (outcome !== 'opened') return undefined
    const other = kind === 'record' ? 'drift' : 'record'
    const agreeing = this.#alarm[other].open ? this.#seen[other] : []
    const evidence: Evidence = {
      falseAlarmsPerDay: 10 ** -a,
      pValue: 1,
      score: effect * limit,
      effect,
      persistence: persistence(this.#alarm[kind]),
      detectors: [...new Set([detector, ...agreeing])],
    }
    return grade(evidence, bar, severityModel).severity
  }
}
