import type { AlertData } from '../alerts/event.js'
import type { AlertKind, Severity } from '../alerts/severity.js'
import type { CalibrationStatus } from '../calibration/calibration.js'

/**
 * What the live page and the report show. Plain JSON: the service sends it, the browser draws it, a report has it inside.
 * Times are ms since the epoch; `at` and `time` are data time, `seen` and `now` the wall clock.
 */
export interface View {
  /** Of Driftwatch. */
  readonly version: string
  /** Wall clock. */
  readonly startedAt: number
  readonly now: number
  /** A finished run, of which nothing further comes. */
  readonly frozen: boolean
  /** How late the event loop is, p99 in seconds. */
  readonly eventLoopDelay: number
  readonly monitors: readonly MonitorView[]
}

/** Everything of a monitor but the histories of its streams. */
export interface MonitorView {
  readonly name: string
  readonly configVersion: string
  /** Where the service is in its life, and what keeps it from working. */
  readonly state: MonitorState
  readonly unit: 'records' | 'pictures'
  /** Execution provider that scores, and that embeds pictures. */
  readonly provider: string
  readonly axis: RarityAxis
  /** Undefined where streams are judged by their own past. */
  readonly reference?: ReferenceView
  readonly calibration: CalibrationView
  readonly pipeline: PipelineView
  readonly pValues: readonly PValues[]
  /** Data time of the first and the last record so far, about. */
  readonly period?: readonly [number, number]
  /** What changed lately, oldest first: at most 50. */
  readonly changes: readonly ChangeView[]
  /** Most urgent first. */
  readonly streams: readonly StreamRow[]
  /** Streams that are watched, also those beyond what is listed. */
  readonly streamCount: number
  /** Open ones first, then the latest: at most 200. */
  readonly alerts: readonly AlertView[]
  /** Alerts of which an event has come, also those beyond what is listed. */
  readonly alertCount: number
  /** Alerts that were open before this process had their stream, of which no event has come yet: at most 200. */
  readonly standing: readonly StandingView[]
}

export type MonitorState =
  | { readonly is: 'starting' | 'watching' | 'ended' }
  /** A part cannot work at present; what to do is in the words. */
  | { readonly is: 'troubled'; readonly why: string }

/** The one axis: a = -log10(lambda) in decades, lambda the false alarms per day at a score; 0 is once a day, up is rarer. */
export interface RarityAxis {
  /** Where alerts open: the budget, as far as it can be reached. */
  readonly bar: number
  /** From here on the rarity is read as warning, error, critical; those that the reference can certify. */
  readonly bands: readonly { readonly severity: Severity; readonly from: number }[]
  /** Beyond it the reference cannot tell one rarity from another. */
  readonly resolution: number
}

export interface ReferenceView {
  readonly version: string
  readonly fittedAt: number | undefined
  readonly rows: number
  /** Data time that it spans. */
  readonly days: number
  readonly features: readonly string[]
  readonly detectors: readonly string[]
  readonly selfTest: 'passed' | 'refused'
  readonly status: CalibrationStatus
  /** What the calibration makes of the budget, and where something is wrong what to do. */
  readonly sentence: string
}

/** The budget asked and seen. */
export interface CalibrationView {
  readonly askedPerDay: number
  /** Alerts about records and drift, and the days of data time in which they came. */
  readonly alerts: number
  readonly days: number
  /** Per day; undefined before there is anything to count. The interval holds 95 %. */
  readonly seenPerDay?: number
  readonly interval?: readonly [number, number]
  /** `no promise`: a reference was refused or never made, or an operator has set the limits. */
  readonly verdict: 'on budget' | 'over' | 'under' | 'too early' | 'no promise'
  /** Share of the time in which an alert was open. */
  readonly inAlarm: number
  /** Streams whose feedback is at its bound. */
  readonly pegged: number
}

export interface PipelineView {
  /** Over the last seconds. */
  readonly recordsPerSecond: number
  readonly records: number
  readonly rejected: number
  readonly lag: number
  /** Share of the credit that is lent: 1 means that the source waits. */
  readonly inFlight: number
  /** In the data's order, source first, commit last. */
  readonly stages: readonly StageView[]
}

export interface StageView {
  readonly name: string
  readonly batchesPerSecond: number
  /** Seconds for a batch. */
  readonly p99: number
  /** Part of the wall clock in which it worked, 0 to 1; the stage that holds the others back has the most. */
  readonly busy: number
}

/** The p-values that a detector gave, in bins of equal width from 0 to 1; uniform on clean data. */
export interface PValues {
  readonly detector: string
  readonly counts: readonly number[]
}

export interface ChangeView {
  readonly what: 'deploy' | 'reference'
  readonly version: string
  readonly note?: string
  readonly at: number
}

export const streamStatuses = ['open', 'quiet', 'learning', 'no data', 'refused'] as const
export type StreamStatusShown = (typeof streamStatuses)[number]

export interface StreamRow {
  readonly name: string
  readonly status: StreamStatusShown
  /** Of the most severe open alert. */
  readonly severity?: Severity
  readonly kinds: readonly AlertKind[]
  /** Records so far, and needed before every detector can judge. */
  readonly records: number
  readonly needed: number
  /** Wall clock of the last record. */
  readonly seen: number
  /** The rarest of the last 24 spans of its history that held records, oldest first; null where none of them was judged. */
  readonly spark: readonly (number | null)[]
}

/** What is drawn of one stream: parallel columns, one entry per span of data time. */
export interface StreamHistory {
  readonly monitor: string
  readonly stream: string
  /** Width of a span in ms. */
  readonly span: number
  /** Starts of the spans, rising. */
  readonly times: readonly number[]
  /** The rarest evaluation in each span, per kind; null where there was none. */
  readonly record: readonly (number | null)[]
  readonly drift: readonly (number | null)[]
  /** Per detector its largest score over its limit in each span. */
  readonly effects: readonly { readonly detector: string; readonly values: readonly (number | null)[] }[]
  /** Of each span's rarest record: at most 8 features with how far they were from the reference's mean, in its deviations, signed. */
  readonly features: readonly (readonly { readonly feature: string; readonly sigma: number }[])[]
  readonly episodes: readonly Episode[]
}

/** A stretch of data time in which an alert was open. */
export interface Episode {
  readonly alertId: string
  readonly kind: AlertKind
  readonly severity: Severity
  readonly from: number
  /** Undefined while it is open. */
  readonly to?: number
}

export interface AlertView {
  /** The latest event of the alert; where it names no causes, with those of the last one that did. */
  readonly latest: AlertData
  readonly open: boolean
  /** What happened to it, oldest first; at most 32, the first and the last ones. */
  readonly life: readonly LifeStep[]
  /** The command that explains its worst record. */
  readonly explain?: string
  /** Of pictures, where the configuration lets them leave the process: the worst one and the heatmap over it in grey, as data: URIs. Of the latest few alerts. */
  readonly picture?: { readonly image: string; readonly heatmap?: string }
  /** Held back from paging, and by what. */
  readonly suppressed?: string
}

/** What is known of an alert without its events. */
export type StandingView = Pick<AlertData, 'alertId' | 'stream' | 'kind' | 'severity' | 'since'> & Pick<AlertView, 'suppressed'>

export interface LifeStep {
  readonly transition: AlertData['transition']
  readonly reason: AlertData['reason']
  readonly severity: Severity
  readonly at: number
  /** Wall clock. */
  readonly seen: number
  readonly summary: string
}

/**
 * The stream of server-sent events. First a `view`; after it about one `change` a second, with what changed only. A client that is
 * too slow for changes is sent a whole `view` when it can take one again.
 */
export interface ViewChange {
  readonly now: number
  readonly eventLoopDelay: number
  readonly monitors: readonly MonitorChange[]
}

/**
 * What is left out has not changed; streams and alerts by name and alertId, in place of those that were sent before. `gone` are streams, and
 * `left` alerts that are still open, but of another process now.
 */
export type MonitorChange = Pick<MonitorView, 'name'> &
  Partial<Omit<MonitorView, 'name'>> & { readonly gone?: readonly string[]; readonly left?: readonly string[] }
