import { adaptationObserved } from '../alerts/adaptation.js'
import type { BudgetNews } from '../alerts/budget-watch.js'
import { composeAdaptation, composeAnomaly, composeCalibration, composeFeed } from '../alerts/compose.js'
import { type Deploys, deployEvidence } from '../alerts/deploys.js'
import type { AlertEvent, Contribution, DeployEvidence, FeedEvidence, OwnPastEvidence } from '../alerts/event.js'
import { type ChartFinding, type Evidence, grade } from '../alerts/grade.js'
import type { AlertSource } from '../alerts/identity.js'
import { partitionName } from '../alerts/identity.js'
import { jumpAt } from '../alerts/levels.js'
import { type Advance, advance, type Change, type LifePolicy, type Observation, type SeenRecord } from '../alerts/lifecycle.js'
import type { AlertKind } from '../alerts/severity.js'
import type { SeverityModel } from '../alerts/severity-model.js'
import { type AlarmOutcome, persistence } from '../calibration/alarm.js'
import type { AlarmKind, BudgetBar } from '../calibration/calibration.js'
import { ownPastBar } from '../calibration/own-past.js'
import { type Copy, findingOf } from '../calibration/slow-copy.js'
import type { Lease } from '../connectors/source.js'
import type { FeatureShare } from '../detectors/detector.js'
import type { Scale } from './calibrate.js'
import type { OwnFinding } from './past-stream.js'
import type { Alerts, Folded, StreamState } from './streams.js'

/** Whose alerts they are, and by which measure. */
export interface FindingsOptions {
  readonly monitor: string
  readonly configVersion: string
  readonly referenceVersion: string
  readonly bar: BudgetBar
  readonly severityModel: SeverityModel
  readonly policies: Readonly<Record<AlertKind, LifePolicy>>
  readonly scales: Limits & { readonly own?: ReadonlyMap<string, Limits> }
  /** How far a stream's slow copy may go, in deviations of the reference; undefined where none is kept. */
  readonly farthest: number | undefined
  /** Chance of so high a score of a detector under the reference. */
  pValue(detector: string, score: number): number
  /** What was declared, and for how long an event names it, in ms. */
  readonly deploys?: { readonly known: Deploys; readonly nameFor: number } | undefined
}

/** A detector and its score at the limit. */
export type Limited = Pick<Scale, 'detector' | 'limit'>
export type Limits = Readonly<Record<AlarmKind, readonly Limited[]>>

/** One evaluation of a stream that may change an alert. */
export interface Found {
  readonly kind: AlarmKind
  readonly outcome: AlarmOutcome
  readonly a: number
  readonly effect: number
  readonly scale: Limited
  readonly offset: number
  readonly record: SeenRecord | undefined
  /** Where `scale` is that of a chart. */
  readonly chart: ChartFinding | undefined
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
  const deploy = deployOf(options, state.name, change, state.folded)
  return composeAnomaly(source, change, { evidence, severityScore: graded.score, contributions, bar, deploy, ownPast })
}

function evidenceOf(options: FindingsOptions, { folded }: StreamState, { kind, a, effect, scale, outcome, chart, own }: Found): Evidence {
  const other = folded.alerts[kind === 'record' ? 'drift' : 'record']
  const score = effect * scale.limit
  return {
    falseAlarmsPerDay: 10 ** -a,
    pValue: own === undefined ? options.pValue(scale.detector, score) : own.p,
    score,
    effect,
    persistence: persistence(folded.alarm[kind]),
    // A chart is no other witness than the detector that it sits on.
    detectors: isFiring(outcome) ? [...new Set([chart?.detector ?? scale.detector, ...(other?.detectors ?? [])])] : [],
    chart,
    adaptation: folded.adapted,
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
  return change && composeFeed(source, change, { ...evidence, ...named(deployOf(options, stream, change)) })
}

/** Advances the stream's alert about its adapted reference by a step; without copies, by the reference itself. */
export function advanceAdaptation(
  options: FindingsOptions,
  lease: Lease,
  { name, folded }: StreamState,
  copy: Copy,
  explain: (shares: readonly FeatureShare[]) => Contribution[],
): AlertEvent | undefined {
  const { farthest = 1, policies } = options
  const finding = findingOf(copy)
  const source = { ...sourceOf(options, lease, name, 'adaptation'), kind: 'adaptation' as const }
  const observation = adaptationObserved(finding, farthest, { offset: folded.offset, time: folded.time })
  const { change } = keep(folded.alerts, 'adaptation', advance(folded.alerts.adaptation, observation, policies.adaptation, source))
  if (change === undefined) return undefined
  const shares = [...copy.mean].map((sigma, index) => ({ index, sigma, share: sigma ** 2 + (copy.deviation[index] - 1) ** 2 }))
  return composeAdaptation(source, change, finding, farthest, explain(shares))
}

/** Advances the partition's alert about the budget. */
export function advanceCalibration(options: FindingsOptions, lease: Lease, alerts: Alerts, news: BudgetNews): AlertEvent | undefined {
  const name = partitionName(lease.topic, lease.partition)
  const source = { ...sourceOf(options, lease, name, 'calibration'), kind: 'calibration' as const }
  const { change } = keep(alerts, 'calibration', advance(alerts.calibration, news.observation, options.policies.calibration, source))
  if (change === undefined) return undefined
  return composeCalibration(source, change, { ...news.evidence, ...named(deployOf(options, undefined, change)) }, options.bar.budgetPerDay)
}

/** The latest deploy that an event names: by data time, never by when its message came. `stream`: undefined of a whole partition. */
function deployOf({ deploys }: FindingsOptions, stream: string | undefined, change: Change, folded?: Folded): DeployEvidence | undefined {
  const { time } = change.at
  const deploy = deploys?.known.latest(stream, time - deploys.nameFor, time)
  return deploy && deployEvidence(deploy, change, jumpAt(folded?.levels, deploy.at))
}

const named = (deploy: DeployEvidence | undefined) => (deploy === undefined ? {} : { deploy })

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
