import type { AlarmKind, BudgetBar } from '../calibration/calibration.js'
import type { AdaptationFinding } from '../calibration/slow-copy.js'
import type {
  AdaptationEvidence,
  AlertData,
  AlertEvent,
  AnomalyEvidence,
  CalibrationEvidence,
  ChartEvidence,
  Contribution,
  DeployEvidence,
  FeedEvidence,
  OwnPastEvidence,
  WorstRecord,
} from './event.js'
import type { ChartFinding, Evidence } from './grade.js'
import { type AlertSource, dedupKey, eventId, segment } from './identity.js'
import type { Change, SeenRecord } from './lifecycle.js'
import { bounded, NAME_LENGTH, printable } from './names.js'
import { rounded } from './numbers.js'
import { summariseAdaptation, summariseAnomaly, summariseCalibration, summariseFeed, withDeploy } from './summary.js'

/** What the evaluation behind a change found, beside what the alert itself keeps. */
export interface Findings {
  readonly evidence: Evidence
  /** Of the evaluation's grade. */
  readonly severityScore: number
  /** Of the rarest detector, all features; the event keeps the strongest. */
  readonly contributions: readonly Contribution[]
  readonly bar: Pick<BudgetBar, 'budgetPerDay' | 'status' | 'resolutionPerDay'>
  /** That the event names. */
  readonly deploy?: DeployEvidence | undefined
  readonly ownPast?: OwnPastEvidence | undefined
}

const CONTRIBUTIONS_KEPT = 8
/** Once in 3 thousand million years; a tail that says less says nothing more. */
const SMALLEST = 1e-12
const LARGEST = 1 / SMALLEST

/**
 * The event of a change in the life of an alert about records or drift. Bounded in size whatever names and numbers come
 * in. Its keys are made in one order and its numbers rounded, so that the same input gives the same bytes.
 */
export function composeAnomaly(source: AlertSource & { readonly kind: AlarmKind }, change: Change, findings: Findings): AlertEvent {
  const evidence = evidenceOf(findings)
  const contributions = strongest(findings.contributions)
  const { status } = findings.bar
  const line = summariseAnomaly(source.stream, change, { kind: source.kind, evidence, contributions, calibration: status })
  return envelope(source, change, {
    ...base(source, change, withDeploy(line, findings.deploy), contributions),
    kind: source.kind,
    evidence,
    budgetPerDay: rounded(findings.bar.budgetPerDay),
    calibration: status,
  })
}

/** The event of a change in the life of an alert about the input itself. */
export function composeFeed(source: AlertSource & { readonly kind: 'feed' }, change: Change, evidence: FeedEvidence): AlertEvent {
  const said: FeedEvidence =
    evidence.trouble === 'rejects_high' ? { ...evidence, rejectedShare: rounded(evidence.rejectedShare) } : evidence
  const line = summariseFeed(source.stream, change, said)
  return envelope(source, change, { ...base(source, change, withDeploy(line, said.deploy), []), kind: 'feed', evidence: said })
}

/** The event of a change in the life of an alert about the budget. */
export function composeCalibration(
  source: AlertSource & { readonly kind: 'calibration' },
  change: Change,
  evidence: CalibrationEvidence,
  budgetPerDay: number,
): AlertEvent {
  const { trouble, finding, records, alerts, deploy } = evidence
  const said: CalibrationEvidence = {
    trouble,
    finding,
    records,
    alerts,
    allowed: rounded(evidence.allowed),
    eValue: rounded(Math.min(Math.max(evidence.eValue, SMALLEST), LARGEST)),
    inAlarm: rounded(evidence.inAlarm),
    pegged: rounded(evidence.pegged),
    ...(deploy && { deploy }),
  }
  const line = summariseCalibration(source.stream, change, said)
  return envelope(source, change, {
    ...base(source, change, withDeploy(line, said.deploy), []),
    kind: 'calibration',
    evidence: said,
    budgetPerDay: rounded(budgetPerDay),
  })
}

/** The event of a change in the life of an alert about a reference that was adapted far; `contributions` of what moved in it. */
export function composeAdaptation(
  source: AlertSource & { readonly kind: 'adaptation' },
  change: Change,
  finding: AdaptationFinding,
  farthest: number,
  contributions: readonly Contribution[],
): AlertEvent {
  const evidence: AdaptationEvidence = { trouble: 'adapted_far', ...roundedFinding(finding), farthest: rounded(farthest) }
  const moved = strongest(contributions)
  const summary = summariseAdaptation(source.stream, change, evidence, moved)
  return envelope(source, change, { ...base(source, change, summary, moved), kind: 'adaptation', evidence })
}

const roundedFinding = ({ version, heldOut, distance }: AdaptationFinding): AdaptationFinding => ({
  version,
  heldOut,
  distance: rounded(distance),
})

/** The bytes of an event, as every sink sends them. */
export const serialise = (event: AlertEvent): string => JSON.stringify(event)

function envelope(source: AlertSource, { type, at, alert }: Change, data: AlertData): AlertEvent {
  return {
    specversion: '1.0',
    id: eventId(alert.id, alert.sequence),
    source: `/driftwatch/${segment(source.monitor)}`,
    type: `io.driftwatch.alert.${type}`,
    subject: bounded(printable(source.stream), NAME_LENGTH),
    time: iso(at.time),
    datacontenttype: 'application/json',
    data,
  }
}

function base(source: AlertSource, { type, reason, at, alert }: Change, summary: string, contributions: readonly Contribution[]) {
  const topic = bounded(source.topic, NAME_LENGTH)
  const { partition } = source
  return {
    alertId: alert.id,
    dedupKey: dedupKey(source),
    transition: type,
    reason,
    summary,
    monitor: bounded(source.monitor, NAME_LENGTH),
    stream: bounded(source.stream, NAME_LENGTH),
    severity: alert.severity,
    peakSeverity: alert.peak,
    severityReason: alert.severityReason,
    detectors: alert.detectors,
    since: iso(alert.opened.time),
    at: iso(at.time),
    contributions,
    worst: alert.worst.map((record) => worstRecord(topic, partition, record)),
    origin: { topic, partition, offset: at.offset },
    referenceVersion: source.referenceVersion,
    configVersion: source.configVersion,
  }
}

const evidenceOf = ({ evidence, severityScore, bar, deploy, ownPast }: Findings): AnomalyEvidence => ({
  falseAlarmsPerDay: rounded(Math.max(evidence.falseAlarmsPerDay, SMALLEST)),
  resolutionPerDay: rounded(Math.max(bar.resolutionPerDay, SMALLEST)),
  pValue: rounded(Math.max(evidence.pValue, SMALLEST)),
  score: rounded(evidence.score),
  effect: rounded(evidence.effect),
  persistence: rounded(evidence.persistence),
  severityScore: rounded(severityScore),
  ...(ownPast !== undefined && { ownPast }),
  ...(evidence.chart !== undefined && { chart: chartEvidence(evidence.chart) }),
  ...(deploy && { deploy }),
  ...(evidence.adaptation !== undefined && { adaptation: roundedFinding(evidence.adaptation) }),
})

const chartEvidence = ({ chart, detector, value, since }: ChartFinding): ChartEvidence => ({
  name: chart,
  detector,
  value: rounded(value),
  risingSince: iso(since.time),
  risingSinceOffset: since.offset,
})

/** Detectors that know no parts give every feature the same share: then how far each is from its mean says more than its name. */
const byShare = (one: Contribution, other: Contribution): number =>
  rounded(Math.abs(other.share)) - rounded(Math.abs(one.share)) ||
  Math.abs(other.sigma) - Math.abs(one.sigma) ||
  (one.feature < other.feature ? -1 : 1)

function strongest(contributions: readonly Contribution[]): Contribution[] {
  return [...contributions]
    .sort(byShare)
    .slice(0, CONTRIBUTIONS_KEPT)
    .map(({ feature, share, sigma, spread, value, pValue }) => ({
      feature: bounded(feature, NAME_LENGTH),
      share: rounded(share),
      sigma: rounded(sigma),
      ...(spread !== undefined && { spread: rounded(spread) }),
      value: rounded(value),
      ...(pValue !== undefined && { pValue: rounded(Math.max(pValue, SMALLEST)) }),
    }))
}

function worstRecord(topic: string, partition: number, { offset, id, time, score }: SeenRecord): WorstRecord {
  return { topic, partition, offset, ...(id !== undefined && { id }), time: iso(time), score }
}

const iso = (time: number): string => new Date(time).toISOString()
