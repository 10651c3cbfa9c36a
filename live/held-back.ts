import type { AlertData } from '../alerts/event.js'
import { dedupKey } from '../alerts/identity.js'
import type { HeldPage } from '../connectors/paging/known.js'

/** What holds the page of an open alert back, and from whom, in words; undefined: nothing does. */
export type HeldBackBy = (alert: Pick<AlertData, 'monitor' | 'stream' | 'kind'>) => string | undefined

export function heldBackBy(pages: readonly HeldPage[]): HeldBackBy {
  const reasons = new Map<string, Map<string, string[]>>()
  for (const page of pages) {
    const of = reasons.get(dedupKey(page)) ?? new Map<string, string[]>()
    reasons.set(dedupKey(page), of.set(page.by, [...(of.get(page.by) ?? []), page.sink]))
  }
  return (alert) => {
    const of = reasons.get(dedupKey(alert))
    return of && [...of].map(([by, sinks]) => `${by} (${sinks.join(', ')})`).join('; ')
  }
}
