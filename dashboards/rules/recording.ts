import type { RecordingRule } from './rule.js'

/** What is asked for over a week, worked out once a minute instead of at every look. */
const opened = 'driftwatch:alerts_opened:increase7d'
const allowed = 'driftwatch:alerts_allowed:increase7d'

/** Alerts opened over alerts allowed in 7 days of the monitor, and the ends of its 90 % interval: 1 is on budget. */
export const budgetUse = {
  ratio: 'driftwatch:budget_use:ratio7d',
  low: 'driftwatch:budget_use_low:ratio7d',
  high: 'driftwatch:budget_use_high:ratio7d',
}

/** Half of the normal deviate that leaves 5 % beyond it. */
const HALF_DEVIATE = 0.8225

/** What a monitor has not finished, over all its partitions. */
export const unfinished = 'driftwatch:consumer_lag_records:sum'
/** Records per second of a monitor. */
export const received = 'driftwatch:records_received:rate10m'

export const recordingRules: readonly RecordingRule[] = [
  { record: unfinished, expr: 'sum by (monitor) (driftwatch_consumer_lag_records)' },
  { record: received, expr: 'sum by (monitor) (rate(driftwatch_records_received_total[10m]))' },
  { record: opened, expr: 'sum by (monitor) (increase(driftwatch_alerts_opened_total{kind=~"record|drift"}[7d]))' },
  { record: allowed, expr: 'sum by (monitor) (increase(driftwatch_expected_false_alarms_total[7d]))' },
  { record: budgetUse.ratio, expr: `${opened} / (${allowed} > 0)` },
  // The square root of a Poisson count has a standard deviation of about 1/2: within 0.4 alerts of the exact ends.
  { record: budgetUse.low, expr: `(clamp_min(sqrt(${opened}) - ${HALF_DEVIATE}, 0) ^ 2) / (${allowed} > 0)` },
  { record: budgetUse.high, expr: `((sqrt(${opened} + 1) + ${HALF_DEVIATE}) ^ 2) / (${allowed} > 0)` },
]
