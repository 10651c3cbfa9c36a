import { rank, severities } from '../alerts/severity.js'
import { count, lasting, short } from '../alerts/words.js'
import type { AlertView, CalibrationView, MonitorView, View } from '../live/view.js'
import { streamStatuses } from '../live/view.js'
import { harmless } from '../telemetry/terminal.js'

const WORST = 3

/** What a report says, for a terminal. */
export const reportSummary = ({ monitors }: View): string => monitors.map(monitorSummary).join('\n\n')

const monitorSummary = (monitor: MonitorView): string =>
  [
    `Report of ${harmless(monitor.name, 60)}`,
    `  period   ${periodOf(monitor)}`,
    `  streams  ${streamsOf(monitor)}`,
    `  alerts   ${alertsOf(monitor)}`,
    `  budget   ${budgetOf(monitor.calibration)}`,
    ...worstOf(monitor.alerts),
  ].join('\n')

function periodOf({ period, pipeline: { records, rejected }, unit }: MonitorView): string {
  const counted = `${count(records)} ${unit}, ${count(rejected)} rejected`
  if (period === undefined) return counted
  const [from, to] = period
  return `${minute(from)} to ${minute(to)} (${lasting(to - from)}), ${counted}`
}

function streamsOf({ streams, streamCount }: MonitorView): string {
  const states = streamStatuses.map((status) => [status, streams.filter((row) => row.status === status).length] as const)
  return `${count(streamCount)}: ${states.flatMap(([status, n]) => (n > 0 ? `${count(n)} ${status}` : [])).join(', ')}`
}

function alertsOf({ alerts, alertCount }: MonitorView): string {
  if (alertCount === 0) return 'none'
  const listed = alerts.length < alertCount ? `the ${count(alerts.length)} open or latest are ` : ''
  const bySeverity = severities.toReversed().flatMap((severity) => {
    const n = alerts.filter(({ latest }) => latest.peakSeverity === severity).length
    return n > 0 ? `${count(n)} ${severity}` : []
  })
  return `${count(alertCount)}: ${listed}${bySeverity.join(', ')}`
}

const budgetOf = ({ askedPerDay, seenPerDay, interval, verdict }: CalibrationView): string => {
  const asked = `${short(askedPerDay)}/day asked`
  if (seenPerDay === undefined || interval === undefined) return `${asked}, ${verdict}`
  return `${asked}, ${short(seenPerDay)}/day seen (95 %: ${short(interval[0])} to ${short(interval[1])}), ${verdict}`
}

function worstOf(alerts: readonly AlertView[]): string[] {
  const worst = [...alerts].sort((one, other) => weight(other) - weight(one)).slice(0, WORST)
  return worst.length === 0 ? [] : ['  worst', ...worst.flatMap(episodeOf)]
}

function episodeOf({ latest, life, open }: AlertView): string[] {
  const { peakSeverity, stream, kind, since, at } = latest
  const lasted = open ? 'still open' : lasting(Date.parse(at) - Date.parse(since))
  const told = life.findLast(({ severity, transition }) => severity === peakSeverity && transition !== 'resolved')
  return [
    `    ${peakSeverity}, ${harmless(stream, 60)}, ${kind}, ${minute(Date.parse(since))}, ${lasted}`,
    `      ${harmless(told?.summary ?? latest.summary, 300)}`,
  ]
}

/** The most severe first, of those the longest. */
const weight = ({ latest: { peakSeverity, since, at } }: AlertView): number =>
  1e15 * rank(peakSeverity) + Date.parse(at) - Date.parse(since)

const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
