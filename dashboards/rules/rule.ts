/** A query that Prometheus works out beforehand. */
export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** Of a rule: `none` is of the Watchdog, which pages nobody while it fires. */
export type RuleSeverity = 'none' | 'warning' | 'error' | 'critical'

/** A rule that watches Driftwatch itself. */
export interface AlertingRule {
  readonly alert: string
  readonly expr: string
  /** For how long it must hold. */
  readonly for: string
  readonly severity: RuleSeverity
  readonly summary: string
  readonly description: string
}
