import type { AlertKind, Severity } from '../alerts/severity.js'
import type { StreamStatus } from '../alerts/stream-state.js'

/** The gauges that are read at every scrape, each from whoever knows. */
export interface Samples {
  readonly inFlightRecords: () => number
  readonly inFlightBytes: () => number
  readonly creditRecords: () => number
  readonly creditBytes: () => number
  /** Seconds. */
  readonly commitAge: () => number
  /** Alerts per day. */
  readonly realised: () => number
  /** 0 to 1. */
  readonly timeInAlarm: () => number
  /** Alerts opened over those allowed. */
  readonly budgetUse: () => number
  readonly pegged: () => number
  readonly adaptedBy: () => number
  readonly streams: () => number
  readonly evicted: () => number
  readonly streamStates: (state: StreamStatus) => number
  readonly open: (kind: AlertKind, severity: Severity) => number
}

/** Those without labels of their own. */
export const plainSamples = [
  'inFlightRecords',
  'inFlightBytes',
  'creditRecords',
  'creditBytes',
  'commitAge',
  'realised',
  'timeInAlarm',
  'budgetUse',
  'pegged',
  'adaptedBy',
  'streams',
  'evicted',
] as const satisfies readonly (keyof Samples)[]
