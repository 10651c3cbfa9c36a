import type { AlertEvent } from '../alerts/event.js'
import type { Severity } from '../alerts/severity.js'
import type { Writer } from './policies/writer.js'

/** What a person is told at once: of one alert, or of a storm of them. */
export interface Page {
  /** The same through the whole life of the alert or the storm; at most 255 characters. */
  readonly key: string
  readonly transition: PageTransition
  /** The highest of its alerts. */
  readonly severity: Severity
  /** The latest event of each alert that it is about, the most severe first: one, but for a storm. */
  readonly events: readonly [AlertEvent, ...AlertEvent[]]
  /** Why it comes later than its events: what held it back before. */
  readonly heldBack?: string
}

/** An update is sent only to receivers that can replace what they show. */
export const pageTransitions = ['opened', 'escalated', 'updated', 'resolved'] as const
export type PageTransition = (typeof pageTransitions)[number]

/**
 * Where people are told of alerts. Like `Sink` it tries once, throws `SinkError`, and sending the same page again is harmless or says
 * nothing new; routes, groups and silences are in front of it, retrying and the like are wrappers.
 */
export type Pager = Writer<Page>
