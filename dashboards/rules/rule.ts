/** A query that Prometheus works out beforehand. */
export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** Of a rule: `none` is of the Watchdog, which pages nobody while it fires; `of the series`: what it reads has the label already. */
export type RuleSeverity = 'none' | 'warning' | 'error' | 'critical' | 'of the series'

/** A rule that tells people of something. */
export interface AlertingRule {
  readonly alert: string
  readonly expr: string
  /** For how long it must hold. */
  readonly for: string
  readonly severity: RuleSeverity
  readonly summary: string
  readonly description: string
}
