import { changedSpread, mainCauses, tellsFeatures } from '../../alerts/causes.js'
import type { AlertEvent, AnomalyData, Contribution } from '../../alerts/event.js'
import type { Severity } from '../../alerts/severity.js'
import { chance, lasting, multiple, percent, rarity, short } from '../../alerts/words.js'
import { type Colour, harmless, type Paint } from '../../telemetry/terminal.js'

const severityColours: Record<Severity, Colour> = { info: 'cyan', warning: 'yellow', error: 'red', critical: 'inverseRed' }
const NAME_SHOWN = 60
const LINK_SHOWN = 500

/**
 * An alert event as a block for the terminal; it ends in a newline:
 *
 *     2026-11-24 12:03:27  WARNING   opened     payments / tenant-7  drift
 *         why     queue_depth ↑ 4.2σ (61 % of the score) · latency_p95 ↑ 2.1σ (22 %) · amount ↓ 0.9σ (9 %) · the rest 8 %
 *         rarity  on clean data about once in 3 weeks · 1.8 times the limit
 *
 * Of a picture a line `where` names its heatmap. A feature that makes the record less unusual has a negative share, so that named ones may exceed 100 % and the rest be negative.
 * Trouble with the feed or the budget, an alert that does not fire now and its end have no features to show: there the summary stands.
 */
export function pretty({ data }: AlertEvent, paint: Paint): string {
  const line = (label: string, text: string) => `    ${paint('dim', label.padEnd(6))}  ${text}\n`
  if (
    data.kind === 'feed' ||
    data.kind === 'calibration' ||
    data.kind === 'adaptation' ||
    data.transition === 'resolved' ||
    data.contributions.length === 0
  )
    return head(data, paint) + line('what', harmless(data.summary))
  const heatmap = data.worst[0]?.heatmap
  const where = heatmap === undefined ? '' : line('where', harmless(heatmap, LINK_SHOWN))
  return head(data, paint) + line('why', why(data)) + line('rarity', howRare(data)) + where
}

function head({ since, at, severity, transition, reason, monitor, stream, kind }: AlertEvent['data'], paint: Paint): string {
  const resolved = transition === 'resolved'
  const change = `${reason.replaceAll('_', ' ')}, after ${lasting(Date.parse(at) - Date.parse(since))}`
  const parts = [
    paint('dim', at.slice(0, 19).replace('T', ' ')),
    paint(resolved ? 'dim' : severityColours[severity], severity.toUpperCase().padEnd(8)),
    paint(resolved ? 'green' : 'bold', transition.padEnd(9)),
    `${paint('bold', `${harmless(monitor, NAME_SHOWN)} / ${harmless(stream, NAME_SHOWN)}`)}  ${kind}`,
    ...(transition === 'opened' ? [] : [paint('dim', `(${change})`)]),
  ]
  return `${parts.join('  ')}\n`
}

function why({ contributions, evidence }: AnomalyData): string {
  const causes = mainCauses(contributions)
  if (evidence.score <= 0 || !tellsFeatures(contributions)) return causes.map(deviation).join(' · ')
  const parts = causes.map((cause, i) => `${deviation(cause)} (${percent(cause.share / evidence.score)}${i === 0 ? ' of the score' : ''})`)
  const rest = 1 - causes.reduce((sum, { share }) => sum + share, 0) / evidence.score
  return [...parts, ...(Math.abs(rest) < 0.005 ? [] : [`the rest ${percent(rest).replace('-', '−')}`])].join(' · ')
}

function deviation(cause: Contribution): string {
  const spread = changedSpread(cause)
  const moved = spread === undefined ? `${cause.sigma < 0 ? '↓' : '↑'} ${short(Math.abs(cause.sigma))}σ` : `spread ×${short(spread)}`
  return `${harmless(cause.feature, NAME_SHOWN)} ${moved}${cause.pValue === undefined ? '' : ` ${chance(cause.pValue)}`}`
}

const howRare = ({ evidence }: AnomalyData): string =>
  `on clean data ${rarity(evidence.falseAlarmsPerDay, evidence.resolutionPerDay)} · ${multiple(evidence.effect)} times the limit`
