import type { AlertEvent } from '../alerts/event.js'
import { harmless } from '../telemetry/terminal.js'

/** What became of one alert: from its opening to its last event. */
interface Episode {
  readonly key: string
  readonly line: string
}

export interface Differences {
  readonly count: number
  readonly report: string
}

/**
 * Which alerts differ between two replays of one input. Alerts are the same when they are of the same stream and kind and were
 * opened by the same record; ids differ with the configuration and do not count.
 */
export function alertDifferences(events: readonly AlertEvent[], others: readonly AlertEvent[]): Differences {
  const left = episodes(events)
  const right = episodes(others)
  const lines: string[] = []
  for (const { key, line } of left.values()) {
    const other = right.get(key)
    if (other === undefined) lines.push(`- ${line}`)
    else if (other.line !== line) lines.push(`~ ${line}\n  now ${other.line}`)
  }
  for (const { key, line } of right.values()) if (!left.has(key)) lines.push(`+ ${line}`)
  const same = left.size - lines.filter((line) => !line.startsWith('+')).length
  const summary = `${left.size} alerts before, ${right.size} after: ${same} the same, ${lines.length} differ`
  return { count: lines.length, report: [...lines, summary].join('\n') }
}

function episodes(events: readonly AlertEvent[]): Map<string, Episode> {
  const found = new Map<string, Episode>()
  const opened = new Map<string, string>()
  for (const { data } of events) {
    const { origin, stream, kind, transition, alertId } = data
    if (transition === 'opened') opened.set(alertId, `${stream}/${kind}/${origin.topic}/${origin.partition}/${origin.offset}`)
    const key = opened.get(alertId)
    if (key === undefined) continue
    const until = transition === 'resolved' ? data.at : 'open at the end'
    found.set(key, { key, line: `${data.since}  ${until}  ${data.peakSeverity.padEnd(8)}  ${kind.padEnd(6)}  ${harmless(stream)}` })
  }
  return found
}
