import type { AlertData } from '../alerts/event.js'
import { isAnomaly } from '../alerts/severity.js'

/** What of an alert event says when its alert was open. */
export type Opening = Pick<AlertData, 'alertId' | 'kind' | 'transition'> & { readonly origin: Pick<AlertData['origin'], 'offset'> }

/** The rows that opened alerts about records or drift; an event that was delivered twice counts once. */
export const openings = (events: readonly Opening[]): number[] => [
  ...new Map(
    events.filter((event) => isAnomaly(event.kind) && event.transition === 'opened').map(({ alertId, origin }) => [alertId, origin.offset]),
  ).values(),
]

/**
 * For each row of a stream that begins at offset 0, whether an alert about its records or its drift was open after it:
 * from the row that opened it until before the row that resolved it, or until the end.
 */
export function flaggedRows(events: readonly Opening[], rows: number): Uint8Array {
  const flags = new Uint8Array(rows)
  const ends = new Map(events.filter(({ transition }) => transition === 'resolved').map(({ alertId, origin }) => [alertId, origin.offset]))
  for (const event of events) {
    if (isAnomaly(event.kind) && event.transition === 'opened') flags.fill(1, event.origin.offset, ends.get(event.alertId) ?? rows)
  }
  return flags
}
