import { type AnyPanel, lines } from '../looks.js'
import { ofMonitor, range } from '../queries.js'

export const accepted = (): AnyPanel =>
  lines({
    title: 'Alert events accepted by sink',
    description: 'Events that each sink took, per second.',
    unit: 'eps',
    span: 8,
    min: 0,
    targets: [
      range({
        expr: `sum by (monitor, sink) (rate(driftwatch_deliveries_total{${ofMonitor}}[$__rate_interval]))`,
        legend: '{{monitor}} {{sink}}',
      }),
    ],
  })

export const failed = (): AnyPanel =>
  lines({
    title: 'Failed tries by sink and reason',
    description: 'A retried event may fail many times. circuit_open: the sink is left alone for a while.',
    unit: 'ops',
    span: 8,
    min: 0,
    targets: [
      range({
        expr: `sum by (monitor, sink, reason) (rate(driftwatch_delivery_failures_total{${ofMonitor}}[$__rate_interval])) > 0`,
        legend: '{{monitor}} {{sink}} {{reason}}',
      }),
    ],
  })

export const lost = (): AnyPanel =>
  lines({
    title: 'Alert events lost',
    description: 'Refused for good, or dropped by an optional sink. Of a required sink they are dead letters.',
    unit: 'none',
    span: 8,
    min: 0,
    targets: [
      range({
        expr: `sum by (monitor, sink) (increase(driftwatch_alert_events_lost_total{${ofMonitor}}[$__rate_interval]))`,
        legend: '{{monitor}} {{sink}}',
      }),
    ],
  })

export const commitAge = (): AnyPanel =>
  lines({
    title: 'Age of the oldest record that is not committed',
    description: 'Above a minute a sink, the state store or the broker is slow.',
    unit: 's',
    min: 0,
    targets: [range({ expr: `max by (monitor) (driftwatch_commit_age_seconds{${ofMonitor}})`, legend: '{{monitor}}' })],
  })

export const stateRounds = (): AnyPanel =>
  lines({
    title: 'Commits: rounds of state per second',
    description: 'Rounds that the state store accepted; each ends with a commit.',
    unit: 'ops',
    min: 0,
    targets: [
      range({ expr: `sum by (monitor) (rate(driftwatch_state_rounds_total{${ofMonitor}}[$__rate_interval]))`, legend: '{{monitor}}' }),
    ],
  })

export const stateBytes = (): AnyPanel =>
  lines({
    title: 'State written',
    description: 'Bytes that the state store accepted, per second.',
    unit: 'Bps',
    min: 0,
    targets: [
      range({ expr: `sum by (monitor) (rate(driftwatch_state_bytes_total{${ofMonitor}}[$__rate_interval]))`, legend: '{{monitor}}' }),
    ],
  })
