import type { AlarmKind, CalibrationStatus } from '../calibration/calibration.js'
import { changedSpread, mainCauses } from './causes.js'
import type {
  AdaptationEvidence,
  AnomalyEvidence,
  CalibrationEvidence,
  Contribution,
  DeployEvidence,
  FeedEvidence,
  OwnPastEvidence,
  PastView,
} from './event.js'
import type { Change } from './lifecycle.js'
import { bounded, printable } from './names.js'
import { chance, count, lasting, multiple, percent, rarity, short, sigmas } from './words.js'

/** What the line tells of an alert about records or drift, beside the change itself. */
export interface AnomalyMatter {
  readonly kind: AlarmKind
  readonly evidence: AnomalyEvidence
  /** The strongest first. */
  readonly contributions: readonly Contribution[]
  readonly calibration: CalibrationStatus
}

const NAME_SHOWN = 80
/** A name as summaries and pages show it. */
export const shown = (name: string): string => bounded(printable(name), NAME_SHOWN)
export const subjects = { record: 'anomalous records', drift: 'drift' } as const

/** One line for the person on call: which stream, what is wrong with it, why, how rare and how strong it is. */
export function summariseAnomaly(stream: string, change: Change, matter: AnomalyMatter): string {
  const what = `${shown(stream)}: ${subjects[matter.kind]}${standing(change)}`
  if (change.type === 'resolved') return what
  return `${what}: ${calm(change, matter) ? calmed(matter) : because(matter).join('; ')}`
}

/** What the change did to the alert. */
function standing({ reason, at, alert }: Change): string {
  const age = lasting(at.time - alert.opened.time)
  switch (reason) {
    case 'rarer':
      return ` raised to ${alert.severity} (rarer)`
    case 'stronger':
      return ` raised to ${alert.severity} (stronger)`
    case 'persisting':
      return ` raised to ${alert.severity} (persisting)`
    case 'more_detectors':
      return ` raised to ${alert.severity} (more detectors agree)`
    case 'lowered':
      return ` down to ${alert.severity} after ${age}`
    case 'ongoing':
      return ` still ${alert.severity} after ${age}`
    case 'cleared':
      return ` over after ${age}, at worst ${alert.peak}: back under the limit`
    case 'settled':
      return ` closed after ${age}, at worst ${alert.peak}: far below its worst for a while, though not always under the limit`
    default:
      return ''
  }
}

/** Lowered by an evaluation that does not fire: how rare that one is says nothing about the alert. */
const calm = ({ reason }: Change, { contributions }: AnomalyMatter): boolean => reason === 'lowered' && contributions.length === 0

const calmed = ({ evidence }: AnomalyMatter): string => `calmer now (${multiple(evidence.effect)} times the limit); it ends if that lasts`

function because({ evidence, contributions, calibration }: AnomalyMatter): string[] {
  if (evidence.ownPast !== undefined) return becauseOfThePast(evidence, evidence.ownPast, contributions)
  return [
    mainCauses(contributions).map(cause).join(', '),
    evidence.chart === undefined ? '' : `rising since ${evidence.chart.risingSince} (${evidence.chart.name} of ${evidence.chart.detector})`,
    `expected on clean data ${rarity(evidence.falseAlarmsPerDay, evidence.resolutionPerDay)}`,
    evidence.effect > 1 ? `${multiple(evidence.effect)} times the limit` : '',
    calibration === 'REFUSED' ? 'unbudgeted, the reference was refused' : '',
  ].filter((clause) => clause !== '')
}

/** "queue_depth +4.1σ", or how its spread has changed where that says more. */
export function cause(one: Contribution): string {
  const spread = changedSpread(one)
  const moved = spread === undefined ? sigmas(one.sigma) : `spread ×${short(spread)}`
  return `${shown(one.feature)} ${moved}${one.pValue === undefined ? '' : ` (${chance(one.pValue)})`}`
}

const views: Readonly<Record<PastView, string>> = {
  level: 'its mean of 10 values, at this time of day',
  wide_range: 'its range over 40 values',
  range_by_hour: 'its range over 20 values, at this time of day',
  shape_by_hour: 'its course over 8 values, at this time of day',
}

/** Without a reference: what is unlike the past, how rare and how strong that is. */
export function becauseOfThePast(
  evidence: AnomalyEvidence,
  past: OwnPastEvidence,
  contributions: readonly Contribution[],
): [string, string, string] {
  const what = contributions.map(({ feature, value, sigma }) => `${shown(feature)} ${short(value)} (${sigmas(sigma)})`).join(', ')
  const { falseAlarmsPerDay, resolutionPerDay } = evidence
  // Counted, not extrapolated: at the resolution nothing in the past was as strong.
  const rate = falseAlarmsPerDay <= resolutionPerDay ? 'as never before' : `as strong ${rarity(falseAlarmsPerDay, resolutionPerDay)}`
  return [
    `${what} is unlike anything in this stream's last ${count(past.records)} records (${views[past.view]}; nearest ${past.nearest})`,
    rate,
    `${multiple(evidence.effect)} times the limit`,
  ]
}

/** The same for trouble with the input; `stream` is the stream, or the partition. */
export function summariseFeed(stream: string, { reason, alert, at }: Change, evidence: FeedEvidence): string {
  const age = lasting(at.time - alert.opened.time)
  if (evidence.trouble === 'data_missing') {
    if (reason === 'data_returned') return `${shown(stream)}: data is back after ${age} of silence`
    return `${shown(stream)}: no data for more than ${lasting(evidence.silenceLimit * 1000)}`
  }
  const share = `${percent(evidence.rejectedShare)} of the last ${count(evidence.records)} records could not be used`
  if (reason === 'rejects_normal') return `${shown(stream)}: usable again after ${age}, ${share}`
  const mostly = evidence.reasons.length > 0 ? `, mostly for ${evidence.reasons[0].reason}` : ''
  return `${shown(stream)}: ${share}${mostly}`
}

/** The same for a budget that is not held; `stream` is the partition. */
export function summariseCalibration(stream: string, change: Change, evidence: CalibrationEvidence): string {
  const counted = `${count(evidence.alerts)} alerts in the last ${count(evidence.records)} records, where the budget allows ${short(evidence.allowed)}`
  const name = shown(stream)
  if (change.reason === 'calibration_holds')
    return `${name}: the calibration holds again after ${lasting(change.at.time - change.alert.opened.time)}: ${counted}`
  if (change.reason === 'no_budget') return `${name}: no budget is promised any more (fixed limits, or a refused reference)`
  const why = {
    over: counted,
    under: `${counted}; real faults may be missed`,
    stuck: `an alert was open for ${percent(evidence.inAlarm)} of the last ${count(evidence.records)} records`,
    pegged: `feedback was at its bound for ${percent(evidence.pegged)} of the last ${count(evidence.records)} records`,
  }[evidence.finding]
  return `${name}: the calibration no longer holds${standing(change)}: ${why}`
}

/** The same for a reference that was adapted far. */
export function summariseAdaptation(
  stream: string,
  change: Change,
  { version, heldOut, distance, farthest }: AdaptationEvidence,
  contributions: readonly Contribution[],
): string {
  const name = shown(stream)
  if (version === 0) return `${name}: the fitted reference counts again, no copy is kept`
  const where = `version ${version} of its adapted reference is ${short(distance)}σ from the fitted one`
  if (change.reason === 'adapted_back')
    return `${name}: back near the fitted reference after ${lasting(change.at.time - change.alert.opened.time)}: ${where}`
  const features = mainCauses(contributions).map(cause)
  const outliers = heldOut > 0 ? `; ${count(heldOut)} outlying blocks were held out` : ''
  return `${name}: what counts as normal has moved${standing(change)}: ${where}, allowed are ${short(farthest)}σ: ${features.join(', ')}${outliers}`
}

/** The line with the deploy that the event names. */
export const withDeploy = (line: string, deploy: DeployEvidence | undefined): string =>
  deploy === undefined ? line : `${line}; ${deployed(deploy)}`

/** "20 min after deploy 1.4.2", and whether the scores jumped there. */
export function deployed(deploy: DeployEvidence): string {
  const ago = lasting(deploy.ago * 1000)
  const what = `deploy ${shown(deploy.version)}`
  const when = deploy.openedBefore ? `open before ${what} of ${ago} ago` : `${ago} after ${what}`
  return [when, ...jumped(deploy)].join(', ')
}

function jumped({ jump }: DeployEvidence): string[] {
  if (jump === undefined) return []
  const p = chance(jump.pValue)
  if (jump.elsewhere !== undefined) return [`the scores jumped ${jump.elsewhere} it (${p})`]
  if (!jump.found) return [`no jump of the scores there (${p})`]
  return [`the scores jumped there by ${sigmas(jump.effect)} (${p})`]
}
