import type { AlarmOutcome } from '../calibration/alarm.js'
import { type Grade, risen, type SeverityReason, type Steps } from './grade.js'
import { type AlertSource, alertId } from './identity.js'
import { bounded, NAME_LENGTH } from './names.js'
import { rounded } from './numbers.js'
import { rank, type Severity, severities } from './severity.js'
import type { Transition, TransitionReason } from './transition.js'

/** A place in the data: an offset of the stream's partition, and data time in ms since the epoch. */
export interface Position {
  readonly offset: number
  readonly time: number
}

/** A record that an alert is about. */
export interface SeenRecord extends Position {
  /** Of the detector that found it rarest, on its own scale. */
  readonly score: number
  /** How rare that is, in decades: what records are compared by, for scores of different detectors cannot be. Earlier versions kept none. */
  readonly decades?: number
  /** The record's own id, where the codec reads one. */
  readonly id?: string
}

/** What opened an alert: the detectors' alarm, trouble with the input itself, a budget that is not held, or a reference that was adapted far. */
export const causes = ['alarm', 'data_missing', 'rejects_high', 'calibration_off', 'adapted_far'] as const
export type Cause = (typeof causes)[number]

/** One evaluation of one stream and kind. */
export interface Observation {
  readonly cause: Cause
  readonly outcome: AlarmOutcome
  readonly grade: Grade
  readonly at: Position
  /** Names of the detectors that fire now, each once. */
  readonly detectors: readonly string[]
  /** Candidates for the alert's worst records; none of a quiet evaluation. */
  readonly records: readonly SeenRecord[]
}

export interface LifePolicy {
  /** Evaluations in a row, at least 1, that must grade lower before the severity falls by one level. */
  readonly lowerAfter: number
  /** Least data time between an event and the next "ongoing" one, in ms. */
  readonly updateEvery: number
}

/** An open alert. Plain JSON, bounded in size: it is part of its stream's snapshot. */
export interface AlertState {
  readonly id: string
  readonly cause: Cause
  readonly severity: Severity
  readonly severityReason: SeverityReason
  /** The grade that the severity was set by. */
  readonly steps: Steps
  readonly peak: Severity
  readonly opened: Position
  /** Number of the last event, from 1. */
  readonly sequence: number
  /** Data time of the last event, ms. */
  readonly lastEvent: number
  /** Evaluations in a row that graded lower than `severity`. */
  readonly below: number
  /** Every detector that took part, sorted. */
  readonly detectors: readonly string[]
  /** The rarest first. */
  readonly worst: readonly SeenRecord[]
}

/** One event in an alert's life, with the alert as it stands after it. */
export interface Change {
  readonly type: Transition
  readonly reason: TransitionReason
  readonly at: Position
  readonly alert: AlertState
}

export interface Advance {
  /** The open alert, if one is open. */
  readonly state: AlertState | undefined
  readonly change: Change | undefined
}

const QUIET: Advance = { state: undefined, change: undefined }
const WORST_KEPT = 5

/**
 * The next step in the life of a stream's alert of one kind. Pure: the same state and observation give the same step.
 *
 * Opens only on the outcome `opened`; while it is open there is no second one. Rises at once to a higher grade of a
 * firing evaluation; falls one level after `lowerAfter` lower evaluations in a row. While it fires it says that it goes on,
 * at most every `updateEvery` of data time. Ends only on `cleared` or `settled`: missing data resolves nothing.
 */
export function advance(state: AlertState | undefined, observation: Observation, policy: LifePolicy, source: AlertSource): Advance {
  if (state === undefined) return observation.outcome === 'opened' ? open(observation, source) : QUIET
  const alert = witness(state, observation)
  const { outcome, grade, at } = observation
  if (outcome === 'cleared' || outcome === 'settled')
    return { state: undefined, change: event(alert, 'resolved', endOf(alert, outcome), at) }
  const fires = outcome === 'opened' || outcome === 'sustained'
  if (fires && rank(grade.severity) > rank(alert.severity)) return escalate(alert, grade, at)
  if (alert.below >= policy.lowerAfter) return lower(alert, grade, at)
  if (outcome !== 'waiting' && at.time - alert.lastEvent >= policy.updateEvery) return went(event(alert, 'updated', 'ongoing', at))
  return { state: alert, change: undefined }
}

function open({ cause, grade, at, detectors, records }: Observation, source: AlertSource): Advance {
  const alert: AlertState = {
    id: alertId(source, at.offset),
    cause,
    severity: grade.severity,
    severityReason: grade.reason,
    steps: grade.steps,
    peak: grade.severity,
    opened: { offset: at.offset, time: at.time },
    sequence: 0,
    lastEvent: at.time,
    below: 0,
    detectors: [...detectors].sort(),
    worst: worst([], records),
  }
  return went(event(alert, 'opened', cause === 'alarm' ? 'first_alarm' : cause, at))
}

/** Takes in what the evaluation saw, before anything is decided. */
function witness(state: AlertState, { grade, detectors, records }: Observation): AlertState {
  const isNew = detectors.some((detector) => !state.detectors.includes(detector))
  return {
    ...state,
    below: rank(grade.severity) < rank(state.severity) ? state.below + 1 : 0,
    detectors: isNew ? [...new Set([...state.detectors, ...detectors])].sort() : state.detectors,
    worst: records.length > 0 ? worst(state.worst, records) : state.worst,
  }
}

const risenBecause = { rarity: 'rarer', effect: 'stronger', persistence: 'persisting', detectors: 'more_detectors' } as const

function escalate(state: AlertState, grade: Grade, at: Position): Advance {
  const { severity, reason, steps } = grade
  const peak = rank(severity) > rank(state.peak) ? severity : state.peak
  const because = state.cause === 'alarm' ? risenBecause[risen(state.steps, steps)] : state.cause
  return went(event({ ...state, severity, severityReason: reason, steps, peak }, 'escalated', because, at))
}

function lower(state: AlertState, { reason, steps }: Grade, at: Position): Advance {
  const severity = severities[rank(state.severity) - 1]
  return went(event({ ...state, severity, severityReason: reason, steps, below: 0 }, 'updated', 'lowered', at))
}

const endsBecause = {
  alarm: { cleared: 'cleared', settled: 'settled' },
  data_missing: { cleared: 'data_returned', settled: 'data_returned' },
  rejects_high: { cleared: 'rejects_normal', settled: 'rejects_normal' },
  calibration_off: { cleared: 'calibration_holds', settled: 'no_budget' },
  adapted_far: { cleared: 'adapted_back', settled: 'adapted_back' },
} as const

const endOf = ({ cause }: AlertState, outcome: 'cleared' | 'settled'): TransitionReason => endsBecause[cause][outcome]

function event(state: AlertState, type: Transition, reason: TransitionReason, at: Position): Change {
  const alert = { ...state, sequence: state.sequence + 1, lastEvent: at.time }
  return { type, reason, at: { offset: at.offset, time: at.time }, alert }
}

const went = (change: Change): Advance => ({ state: change.alert, change })

/** Above 0: the first of two records is the rarer one. Beyond the highest rarity that is told apart, the higher score. */
export const rarer = (one: Pick<SeenRecord, 'decades' | 'score'>, other: Pick<SeenRecord, 'decades' | 'score'>): number =>
  (one.decades ?? 0) - (other.decades ?? 0) || one.score - other.score

/** The rarest of both, each offset once; the earlier record first on a tie. */
function worst(kept: readonly SeenRecord[], more: readonly SeenRecord[]): SeenRecord[] {
  const known = new Set(kept.map(({ offset }) => offset))
  const fresh = more.filter(({ offset }) => !known.has(offset)).map(slim)
  return [...kept, ...fresh].sort((one, other) => rarer(other, one) || one.offset - other.offset).slice(0, WORST_KEPT)
}

const slim = ({ offset, time, score, decades = 0, id }: SeenRecord): SeenRecord => ({
  offset,
  time,
  score: rounded(score),
  decades: rounded(decades),
  ...(id !== undefined && { id: bounded(id, NAME_LENGTH) }),
})
