import type { BudgetNews } from '../alerts/budget-watch.js'
import { composeAnomaly, composeCalibration, composeFeed } from '../alerts/compose.js'
import type { AlertEvent, Contribution, FeedEvidence, OwnPastEvidence } from '../alerts/event.js'
import { type Evidence, grade } from '../alerts/grade.js'
import type { AlertSource } from '../alerts/identity.js'
import { partitionName } from '../alerts/identity.js'
import { type Advance, advance, type LifePolicy, type Observation, type SeenRecord } from '../alerts/lifecycle.js'
import type { AlertKind } from '../alerts/severity.js'
import type { SeverityModel } from '../alerts/severity-model.js'
import { type AlarmOutcome, persistence } from '../calibration/alarm.js'
import type { AlarmKind, BudgetBar } from '../calibration/calibration.js'
import { ownPastBar } from '../calibration/own-past.js'
import type { Lease } from '../connectors/source.js'
import type { Scale } from './calibrate.js'
import type { OwnFinding } from './past-stream.js'
import type { Alerts, StreamState } from './streams.js'

/** Whose alerts they are, and by which measure. */
export interface FindingsOptions {
  readonly monitor: string
  readonly configVersion: string
  readonly referenceVersion: string
  readonly bar: BudgetBar
  readonly severityModel: SeverityModel
  readonly policies: Readonly<Record<AlertKind, LifePolicy>>
  readonly scales: Readonly<Record<AlarmKind, readonly Limited[]>>
  /** Chance of so high a score of a detector under the reference. */
  pValue(detector: string, score: number): number
}

/** A detector and its score at the limit. */
export type Limited = Pick<Scale, 'detector' | 'limit'>

/** One evaluation of a stream that may change an alert. */
export interface Found {
  readonly kind: AlarmKind
  readonly outcome: AlarmOutcome
  readonly a: number
  readonly effect: number
  readonly scale: Limited
  readonly offset: number
  readonly record: SeenRecord | undefined
  /** What the stream's own past says, where there is no reference. */
  readonly own?: OwnFinding | undefined
  /** What the features do to the score; called only when an event needs it. */
  explain(): Contribution[]
}

export const isFiring = (outcome: AlarmOutcome): boolean => outcome === 'opened' || outcome === 'sustained'

/** Advances the stream's alert of that kind by one evaluation; returns the event, if it is worth one. */
export function advanceAlarm(options: FindingsOptions, lease: Lease, state: StreamState, found: Found): AlertEvent | undefined {
  const { kind, outcome } = found
  const evidence = evidenceOf(options, state, found)
  const bar = found.own === undefined ? options.bar : ownPastBar(options.bar.budgetPerDay, found.own.spanDays)
  const graded = grade(evidence, bar, options.severityModel)
  const observation: Observation = {
    cause: 'alarm',
    outcome,
    grade: graded,
    at: { offset: found.offset, time: state.folded.time },
    detectors: evidence.detectors,
    records: found.record === undefined ? [] : [found.record],
  }
  const source = { ...sourceOf(options, lease, state.name, kind), kind }
  const { change } = keep(state.folded.alerts, kind, advance(state.folded.alerts[kind], observation, options.policies[kind], source))
  if (change === undefined) return undefined
  const contributions = isFiring(outcome) ? found.explain() : []
  const ownPast = isFiring(outcome) && found.own !== undefined ? ownPastEvidence(found.own) : undefined
  return composeAnomaly(source, change, { evidence, severityScore: graded.score, contributions, bar, ownPast })
}

function evidenceOf(options: FindingsOptions, { folded }: StreamState, { kind, a, effect, scale, outcome, own }: Found): Evidence {
  const other = folded.alerts[kind === 'record' ? 'drift' : 'record']
  const score = effect * scale.limit
  return {
    falseAlarmsPerDay: 10 ** -a,
    pValue: own === undefined ? options.pValue(scale.detector, score) : own.p,
    score,
    effect,
    persistence: persistence(folded.alarm[kind]),
    detectors: isFiring(outcome) ? [...new Set([scale.detector, ...(other?.detectors ?? [])])] : [],
  }
}

const ownPastEvidence = ({ seen, kept, view, nearest }: OwnFinding): OwnPastEvidence => ({
  records: seen,
  moments: kept,
  view,
  nearest: new Date(nearest).toISOString(),
})

/** Advances the alert about the input itself, of a stream or (without a name) of the whole partition. */
export function advanceFeed(
  options: FindingsOptions,
  lease: Lease,
  stream: string | undefined,
  alerts: Alerts,
  observation: Observation,
  evidence: FeedEvidence,
): AlertEvent | undefined {
  const name = stream ?? partitionName(lease.topic, lease.partition)
  const source = { ...sourceOf(options, lease, name, 'feed'), kind: 'feed' as const }
  const { change } = keep(alerts, 'feed', advance(alerts.feed, observation, options.policies.feed, source))
  return change && composeFeed(source, change, evidence)
}

/** Advances the partition's alert about the budget. */
export function advanceCalibration(options: FindingsOptions, lease: Lease, alerts: Alerts, news: BudgetNews): AlertEvent | undefined {
  const name = partitionName(lease.topic, lease.partition)
  const source = { ...sourceOf(options, lease, name, 'calibration'), kind: 'calibration' as const }
  const { change } = keep(alerts, 'calibration', advance(alerts.calibration, news.observation, options.policies.calibration, source))
  return change && composeCalibration(source, change, news.evidence, options.bar.budgetPerDay)
}

const sourceOf = (options: FindingsOptions, { topic, partition }: Lease, stream: string, kind: AlertKind): AlertSource => ({
  monitor: options.monitor,
  stream,
  kind,
  topic,
  partition,
  configVersion: options.configVersion,
  referenceVersion: options.referenceVersion,
})

function keep(alerts: Alerts, kind: AlertKind, next: Advance): Advance {
  if (next.state === undefined) delete alerts[kind]
  else alerts[kind] = next.state
  return next
}
