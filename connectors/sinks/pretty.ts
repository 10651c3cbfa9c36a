import { mainCauses } from '../../alerts/causes.js'
import type { AlertEvent, AnomalyData, Contribution } from '../../alerts/event.js'
import type { Severity } from '../../alerts/severity.js'
import { lasting, percent, rarity, short } from '../../alerts/words.js'
import { type Colour, harmless, type Paint } from '../../telemetry/terminal.js'

const severityColours: Record<Severity, Colour> = { info: 'cyan', warning: 'yellow', error: 'red', critical: 'inverseRed' }
const NAME_SHOWN = 60

/**
 * An alert event as a block for the terminal; it ends in a newline:
 *
 *     2026-11-24 12:03:27  WARNING   opened     payments / tenant-7  drift
 *         why     queue_depth ↑ 4.2σ (61 %) · latency_p95 ↑ 2.1σ (22 %) · amount ↓ 0.9σ (9 %)
 *         rarity  about once in 3 weeks on clean data · 1.8 times the limit
 *
 * Trouble with the feed, an alert that does not fire now and its end have no features to show: there the summary stands.
 */
export function pretty({ data }: AlertEvent, paint: Paint): string {
  const line = (label: string, text: string) => `    ${paint('dim', label.padEnd(6))}  ${text}\n`
  if (data.kind === 'feed' || data.transition === 'resolved' || data.contributions.length === 0)
    return head(data, paint) + line('what', harmless(data.summary))
  return head(data, paint) + line('why', why(data)) + line('rarity', howRare(data))
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
  return mainCauses(contributions)
    .map((contribution) => featureOf(contribution, evidence.score))
    .join(' · ')
}

function featureOf({ feature, share, sigma }: Contribution, score: number): string {
  const part = score > 0 ? ` (${percent(share / score)})` : ''
  return `${harmless(feature, NAME_SHOWN)} ${sigma < 0 ? '↓' : '↑'} ${short(Math.abs(sigma))}σ${part}`
}

const howRare = ({ evidence }: AnomalyData): string =>
  `${rarity(evidence.falseAlarmsPerDay, evidence.resolutionPerDay)} on clean data · ${short(evidence.effect)} times the limit`
