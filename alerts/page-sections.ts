import { HISTORY } from '../calibration/alarm.js'
import { mainCauses, tellsFeatures } from './causes.js'
import type { AlertData, AnomalyData, FeedData, WorstRecord } from './event.js'
import { isAnomalyData } from './event.js'
import type { FittedFacts, PageFacts, VersionChange } from './page-facts.js'
import { becauseOfThePast, cause, deployed, shown } from './summary.js'
import { chance, count, lasting, multiple, percent, rarity, short } from './words.js'

/** What a section answers. */
export type PageTopic = 'what' | 'since' | 'sure' | 'size' | 'why' | 'changed' | 'worst' | 'streams' | 'reference'

export interface PageSection {
  readonly topic: PageTopic
  readonly label: string
  /** At least one; each one line of printable text. */
  readonly lines: readonly string[]
}

const labels: Readonly<Record<PageTopic, string>> = {
  what: 'What',
  since: 'Since',
  sure: 'How sure',
  size: 'How big',
  why: 'Why',
  changed: 'Changed lately',
  worst: 'Worst records',
  streams: 'Streams',
  reference: 'Reference',
}

/** Leaves out what has no lines. */
export const section = (topic: PageTopic, lines: readonly string[]): PageSection[] =>
  lines.length === 0 ? [] : [{ topic, label: labels[topic], lines }]

/** What a page about one alert says, in the order in which a person asks. */
export function sectionsOf(data: AlertData, facts: PageFacts): PageSection[] {
  const firing = isFiring(data)
  return [
    ...section('what', what(data)),
    ...section('since', since(data)),
    ...section('sure', firing ? sure(data) : []),
    ...section('size', firing ? size(data) : []),
    ...section('why', firing ? why(data) : []),
    ...section('changed', changed(data, facts)),
    ...section('worst', worstOf(data)),
    ...section('reference', reference(data, facts)),
  ]
}

/** At the end, and when it is lowered by an evaluation that does not fire, how rare that one is says nothing about the alert. */
const isFiring = ({ transition, reason, contributions }: AlertData): boolean =>
  transition !== 'resolved' && !(reason === 'lowered' && contributions.length === 0)

const meant = {
  record: 'Single records do not belong to the reference',
  drift: 'The stream as a whole has moved away from the reference',
} as const

/** Of what detectors saw, the parts of the summary stand in sections of their own; of all else it says what there is. */
function what(data: AlertData): string[] {
  if (!isAnomalyData(data) || data.transition === 'resolved' || !isFiring(data)) return [data.summary]
  const { kind, evidence, detectors, transition, reason, severity } = data
  const line = evidence.ownPast === undefined ? meant[kind] : "Unlike anything in this stream's own past"
  const change = { opened: '', escalated: `; raised to ${severity}: ${reason.replaceAll('_', ' ')}`, updated: `; ${reason}` }[transition]
  return [`${line}, seen by ${detectors.join(', ')}${change}`]
}

/** A moment of data time for people: "2026-11-24 12:03:27 UTC". */
export const moment = (iso: string): string => iso.replace(/^(\d{4}-\d\d-\d\d)T([\d:]{8}).*Z$/, '$1 $2 UTC')

function since(data: AlertData): string[] {
  const age = Date.parse(data.at) - Date.parse(data.since)
  const chart = isAnomalyData(data) ? data.evidence.chart : undefined
  return [
    `${moment(data.since)}${age > 0 ? `, for ${lasting(age)}` : ''}`,
    ...(chart === undefined ? [] : [`rising since ${moment(chart.risingSince)} (${chart.name} of ${chart.detector})`]),
  ]
}

function sure(data: AlertData): string[] {
  if (data.kind === 'calibration') return [`e-value ${short(data.evidence.eValue)} against a budget that is held`]
  if (!isAnomalyData(data)) return []
  const { evidence, contributions, budgetPerDay, calibration } = data
  const { pValue, persistence, ownPast } = evidence
  return [
    `${chance(pValue)}; ${ownPast === undefined ? expected(evidence) : becauseOfThePast(evidence, ownPast, contributions)[1]}; the budget is ${short(budgetPerDay)} a day`,
    `${count(Math.round(HISTORY * persistence))} of the last ${HISTORY} evaluations over the limit`,
    ...(calibration === 'REFUSED' ? ['unbudgeted: the reference was refused, so the rate means little'] : []),
  ]
}

function expected({ falseAlarmsPerDay, resolutionPerDay }: AnomalyData['evidence']): string {
  if (falseAlarmsPerDay < resolutionPerDay)
    return `on clean data fewer than ${short(resolutionPerDay)} false alarms a day as strong as this (the reference cannot tell how many fewer)`
  return `on clean data ${short(falseAlarmsPerDay)} false alarms a day as strong as this, ${rarity(falseAlarmsPerDay, resolutionPerDay)}`
}

function size(data: AlertData): string[] {
  if (isAnomalyData(data)) {
    const { effect, severityScore } = data.evidence
    const times = multiple(effect) === '1' ? 'at the limit' : `${multiple(effect)} times the limit`
    const reason = severityScore > 0 ? `, mostly for its ${data.severityReason.replaceAll('_', ' ')}` : ''
    return [`${times}; severity score ${short(severityScore)} of 4${reason}`]
  }
  if (data.kind === 'adaptation')
    return [`${short(data.evidence.distance)}σ from the fitted reference; the alert opens at ${short(data.evidence.farthest)}σ`]
  return data.kind === 'feed' ? feedSize(data) : []
}

const feedSize = ({ evidence }: FeedData): string[] =>
  evidence.trouble === 'rejects_high' ? [`${percent(evidence.rejectedShare)} of the last ${count(evidence.records)} records`] : []

function why(data: AlertData): string[] {
  if (data.kind === 'feed') {
    const { evidence } = data
    return evidence.trouble === 'rejects_high'
      ? evidence.reasons.slice(0, 5).map((one) => `${one.reason}: ${count(one.count)} records`)
      : []
  }
  if (!isAnomalyData(data)) return mainCauses(data.contributions).map(cause)
  const { ownPast } = data.evidence
  if (ownPast !== undefined) return [becauseOfThePast(data.evidence, ownPast, data.contributions)[0]]
  const shares = tellsFeatures(data.contributions)
  return mainCauses(data.contributions).map((one) => `${cause(one)}${shares ? shareOf(one.share, data) : ''}, now ${short(one.value)}`)
}

const shareOf = (share: number, { evidence }: AnomalyData): string =>
  evidence.score > 0 ? ` (${percent(share / evidence.score)} of the score)` : ''

/** How far from an alert, ms, a fit or another version is news: data may lag the clock, by which these are dated. */
const LATELY = 86_400_000

/** The deploy before the alert, and what is new of the reference and the configuration. */
export function changed({ evidence, since, at }: AlertData, { fitted, changes }: PageFacts): string[] {
  const isNews = (time: number) => time > Date.parse(since) - LATELY && time < Date.parse(at) + LATELY
  const deploy = 'deploy' in evidence ? evidence.deploy : undefined
  const lines = [
    ...(deploy === undefined ? [] : [`${deployed(deploy)}${deploy.note === undefined ? '' : `: ${shown(deploy.note)}`}`]),
    ...(fitted?.at !== undefined && isNews(Date.parse(fitted.at)) ? [`reference fitted at ${moment(fitted.at)}`] : []),
    ...(changes?.() ?? []).filter((change) => isNews(change.at)).map(replaced),
  ]
  return lines.length === 0 ? ['nothing known'] : lines
}

const replaced = ({ what, before, version, at }: VersionChange): string =>
  `${what} ${version} since ${moment(new Date(at).toISOString())}, in place of ${before}`

/** What the alert was raised by: for who looks into it later. */
export const reference = ({ referenceVersion, configVersion }: AlertData, { fitted }: PageFacts): string[] => [
  `${referenceVersion}${fitted === undefined ? '' : `, fitted ${told(fitted)}`}; configuration ${configVersion}`,
]

function told({ at, rows, from, to }: FittedFacts): string {
  const times = from === undefined || to === undefined ? '' : ` of ${moment(from)} to ${moment(to)}`
  return `${at === undefined ? '' : `at ${moment(at)} `}on ${count(rows)} records${times}`
}

/** The worst records, or where it was raised. */
export const worstOf = ({ worst, origin, transition }: AlertData): string[] => {
  if (worst.length > 0) return worst.map(recordLine)
  return transition === 'resolved' ? [] : [`raised at ${place(origin)}`]
}

const recordLine = (record: WorstRecord): string =>
  `${place(record)} at ${moment(record.time)}, score ${short(record.score)}${record.id === undefined ? '' : `, id ${shown(record.id)}`}`

const place = ({ topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: number }): string =>
  `${shown(topic)}/${partition}/${offset}`
