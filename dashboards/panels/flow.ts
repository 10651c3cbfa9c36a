import { type AnyPanel, lines } from '../looks.js'
import { ofMonitor, ofStream, range } from '../queries.js'

export const recordsPerSecond = (): AnyPanel =>
  lines({
    title: 'Records per second',
    description: 'What the source delivers, by monitor.',
    unit: 'recps',
    span: 8,
    min: 0,
    targets: [
      range({ expr: `sum by (monitor) (rate(driftwatch_records_received_total{${ofMonitor}}[$__rate_interval]))`, legend: '{{monitor}}' }),
    ],
  })

export const recordsOfStreams = (): AnyPanel =>
  lines({
    title: 'Records per second by stream',
    description: 'Scored records. A stream that falls to 0 sends nothing any more, or nothing that can be used.',
    unit: 'recps',
    span: 24,
    min: 0,
    targets: [
      range({
        expr: `sum by (monitor, stream) (rate(driftwatch_records_scored_total{${ofStream}}[$__rate_interval]))`,
        legend: '{{monitor}} / {{stream}}',
      }),
    ],
  })

export const lag = (): AnyPanel =>
  lines({
    title: 'Lag',
    description:
      'Records that are not finished: not read yet, or read and not yet delivered. It grows when the source is faster, or when a sink does not take alerts.',
    unit: 'short',
    span: 8,
    min: 0,
    targets: [
      range({ expr: `sum by (monitor, topic) (driftwatch_consumer_lag_records{${ofMonitor}})`, legend: '{{monitor}} / {{topic}}' }),
    ],
  })

export const rejectedShare = (): AnyPanel =>
  lines({
    title: 'Rejected share',
    description: 'Part of the records that could not become a row of numbers. They are dead letters; the reasons are in Health.',
    unit: 'percentunit',
    span: 8,
    min: 0,
    targets: [
      range({
        expr: `sum by (monitor) (rate(driftwatch_records_rejected_total{${ofMonitor}}[$__rate_interval])) / (sum by (monitor) (rate(driftwatch_records_received_total{${ofMonitor}}[$__rate_interval])) > 0)`,
        legend: '{{monitor}}',
      }),
    ],
  })

export const rejectedByReason = (): AnyPanel =>
  lines({
    title: 'Dead letters by reason',
    description: 'Records that cannot be used and alerts that a sink refuses for good, per second.',
    unit: 'recps',
    min: 0,
    targets: [
      range({
        expr: `sum by (monitor, reason) (rate(driftwatch_dead_letters_total{${ofMonitor}}[$__rate_interval])) > 0`,
        legend: '{{monitor}} / {{reason}}',
      }),
    ],
  })

export const inFlight = (): AnyPanel =>
  lines({
    title: 'Back-pressure: records in flight, and credit left',
    description: 'Credit at 0 for long: the source waits for a slow sink, state store or scorer.',
    unit: 'short',
    span: 8,
    min: 0,
    targets: [
      range({ expr: `sum by (monitor) (driftwatch_in_flight_records{${ofMonitor}})`, legend: '{{monitor}} in flight' }),
      range({ expr: `sum by (monitor) (driftwatch_credit_records{${ofMonitor}})`, legend: '{{monitor}} credit' }),
    ],
  })

export const bytesInFlight = (): AnyPanel =>
  lines({
    title: 'Back-pressure: bytes in flight, and credit left',
    description: 'The same in bytes of payload: large records use this credit up first.',
    unit: 'bytes',
    span: 8,
    min: 0,
    targets: [
      range({ expr: `sum by (monitor) (driftwatch_in_flight_bytes{${ofMonitor}})`, legend: '{{monitor}} in flight' }),
      range({ expr: `sum by (monitor) (driftwatch_credit_bytes{${ofMonitor}})`, legend: '{{monitor}} credit' }),
    ],
  })
