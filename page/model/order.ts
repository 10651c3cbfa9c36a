import { rank } from '../../alerts/severity.js'
import type { AlertView, StreamRow, StreamStatusShown } from '../../live/view.js'
import { statusWords } from './life.js'

const urgency: Readonly<Record<StreamStatusShown, number>> = { open: 4, refused: 3, 'no data': 2, learning: 1, quiet: 0 }
const names = new Intl.Collator('en', { numeric: true })

/** Most urgent first; among equals by name, so that rows keep their places. */
export const byUrgency = (one: StreamRow, other: StreamRow): number =>
  urgency[other.status] - urgency[one.status] || severityOf(other) - severityOf(one) || names.compare(one.name, other.name)

const severityOf = ({ severity }: StreamRow): number => (severity === undefined ? -1 : rank(severity))

/** Open ones first, the most severe of them before the others; else the latest. */
export const byPriority = (one: AlertView, other: AlertView): number =>
  Number(other.open) - Number(one.open) ||
  (one.open ? rank(other.latest.severity) - rank(one.latest.severity) : 0) ||
  Date.parse(other.latest.at) - Date.parse(one.latest.at)

/**
 * The stream that is shown while nobody has chosen one: the most urgent. One that is shown stays as long as no other is worse, and none has
 * an alert where it has not.
 */
export function followed(shown: string | undefined, rows: readonly StreamRow[]): string | undefined {
  const current = rows.find(({ name }) => name === shown)
  const as = (row: StreamRow): number => (row.status === 'open' ? severityOf(row) : -1)
  return current !== undefined && as(current) >= as(rows[0]) ? shown : rows[0]?.name
}

/** Those whose name or state has the words. */
export function foundStreams(rows: readonly StreamRow[], search: string): readonly StreamRow[] {
  const wanted = search.trim().toLowerCase()
  return wanted === '' ? rows : rows.filter((row) => `${row.name} ${statusWords(row)}`.toLowerCase().includes(wanted))
}
