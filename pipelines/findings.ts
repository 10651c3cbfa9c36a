import type { BudgetNews } from '../alerts/budget-watch.js'
import { composeAnomaly, composeCalibration, composeFeed } from '../alerts/compose.js'
import type { AlertEvent, Contribution, FeedEvidence } from '../alerts/event.js'
import { type Evidence, grade } from '../alerts/grade.js'
import type { AlertSource } from '../alerts/identity.js'
import { partitionName } from '../alerts/identity.js'
import { type Advance, advance, type LifePolicy, type Observation, type SeenRecord } from '../alerts/lifecycle.js'
import type { AlertKind } from '../alerts/severity.js'
import type { SeverityModel } from '../alerts/severity-model.js'
import { type AlarmOutcome, persistence } from '../calibration/alarm.js'
import type { AlarmKind, BudgetBar } from '../calibration/calibration.js'
import type { Lease } from '../connectors/source.js'
import type { FeatureShare } from '../detectors/detector.js'
import type { Whitening } from '../detectors/whitening.js'
import { labelShown } from '../references/labels.js'
import type { Scale } from './calibrate.js'
import type { Alerts, StreamState } from './streams.js'

/** Whose alerts they are, and by which measure. */
export interface FindingsOptions {
  readonly monitor: string
  readonly configVersion: string
  readonly referenceVersion: string
  readonly features: readonly string[]
  /** Those that the reference tells apart. */
  readonly labels?: readonly string[] | undefined
  readonly whitening: Whitening
  readonly bar: BudgetBar
  readonly severityModel: SeverityModel
  readonly policies: Readonly<Record<AlertKind, LifePolicy>>
  readonly scales: Readonly<Record<AlarmKind, readonly Scale[]>>
  /** Chance of so high a score of a detector under the reference. */
  pValue(detector: string, score: number): number
}

/** One evaluation of a stream that may change an alert. */
export interface Found {
  readonly kind: AlarmKind
  readonly outcome: AlarmOutcome
  readonly a: number
  readonly effect: number
  readonly scale: Scale
  readonly offset: number
  readonly record: SeenRecord | undefined
  /** The features' shares of the score; called only when an event needs them. */
  explain(): FeatureShare[]
}

export const isFiring = (outcome: AlarmOutcome): boolean => outcome === 'opened' || outcome === 'sustained'

/** Advances the stream's alert of that kind by one evaluation; returns the event, if it is worth one. */
export function advanceAlarm(options: FindingsOptions, lease: Lease, state: StreamState, found: Found): AlertEvent | undefined {
  const { kind, outcome } = found
  const evidence = evidenceOf(options, state, found)
  const graded = grade(evidence, options.bar, options.severityModel)
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
  const contributions = isFiring(outcome) ? found.explain().map((share) => contribution(options, share)) : []
  return composeAnomaly(source, change, { evidence, severityScore: graded.score, contributions, bar: options.bar })
}

function evidenceOf(options: FindingsOptions, { folded }: StreamState, { kind, a, effect, scale, outcome }: Found): Evidence {
  const other = folded.alerts[kind === 'record' ? 'drift' : 'record']
  const score = effect * scale.limit
  return {
    falseAlarmsPerDay: 10 ** -a,
    pValue: options.pValue(scale.detector, score),
    score,
    effect,
    persistence: persistence(folded.alarm[kind]),
    detectors: isFiring(outcome) ? [...new Set([scale.detector, ...(other?.detectors ?? [])])] : [],
  }
}

/** The value that belongs to a deviation: of a window its mean; with a slow mean subtracted, around the reference's mean. */
const contribution = ({ features, whitening, labels }: FindingsOptions, { index, share, sigma, frequency }: FeatureShare): Contribution =>
  frequency === undefined
    ? { feature: features[index], share, sigma, value: whitening.mean[index] + sigma * whitening.scale[index] }
    : { feature: labelShown(labels, index), share, sigma, value: frequency }

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
