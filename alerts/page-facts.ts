import type { AlertEvent } from './event.js'
import type { Severity } from './severity.js'
import type { Transition } from './transition.js'

/** What a page is about: one alert, or a storm of them in one monitor. */
export interface PageMatter {
  readonly transition: Transition
  /** The highest of its alerts. */
  readonly severity: Severity
  /** The most severe first. */
  readonly events: readonly [AlertEvent, ...AlertEvent[]]
  /** Why it comes later than its events. */
  readonly heldBack?: string
}

/** What a page says beside its events; none of it decides which alerts there are. */
export interface PageFacts {
  /** The configuration file as the program was given it. */
  readonly configFile?: string | undefined
  /** Undefined without a reference. */
  readonly fitted?: FittedFacts | undefined
  readonly links?: PageLinks | undefined
  /** The latest change of each of what decides about alerts, oldest first. */
  changes?(): readonly VersionChange[]
}

/** What decides about alerts and has a version. */
export const versioned = ['reference', 'configuration'] as const

/** Another version took the place of the one before. */
export interface VersionChange {
  readonly what: (typeof versioned)[number]
  readonly before: string
  readonly version: string
  /** Wall clock, ms since the epoch. */
  readonly at: number
}

/** When the reference was fitted, and the records that it was fitted on with their first and last event time, where they have one (ISO 8601). */
export interface FittedFacts {
  readonly at?: string | undefined
  readonly rows: number
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** Templates of URLs, in which `{monitor}`, `{stream}`, `{kind}` and `{severity}` stand for those of the alert. */
export interface PageLinks {
  readonly dashboard?: string | undefined
  readonly runbook?: string | undefined
}
