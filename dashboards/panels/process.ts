import { type AnyPanel, lines, numbers, table } from '../looks.js'
import { instant, ofMonitor, range, rows } from '../queries.js'

/** Without what has had no batch: NaN is not at least 0. */
const quantile = (q: number, metric: string, by: string) =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(driftwatch_${metric}_bucket{${ofMonitor}}[$__rate_interval]))) >= 0`

export const up = (): AnyPanel =>
  numbers({
    title: 'Processes that answer',
    description: 'Of the scrape job "driftwatch". Red: at least one does not answer.',
    unit: 'percentunit',
    colours: [
      { color: 'red', value: null },
      { color: 'green', value: 1 },
    ],
    targets: [instant({ expr: 'avg(up{job="driftwatch"})', legend: 'up' })],
  })

export const versions = (): AnyPanel =>
  table(
    {
      title: 'Versions',
      description: 'Of Driftwatch and of Node, by process.',
      unit: 'none',
      span: 6,
      height: 4,
      targets: [rows({ expr: 'max by (instance, version, node) (driftwatch_build_info)', legend: '' })],
    },
    {},
  )

export const fallback = (): AnyPanel =>
  numbers({
    title: 'Execution provider fell back',
    description: '1 (red): the provider wanted first could not be started and another one, mostly the CPU, does the work.',
    unit: 'none',
    colours: [
      { color: 'green', value: null },
      { color: 'red', value: 1 },
    ],
    targets: [
      instant({
        expr: `max by (monitor, part, wanted) (driftwatch_execution_provider_fallback{${ofMonitor}})`,
        legend: '{{monitor}} {{part}}: wants {{wanted}}',
      }),
    ],
  })

export const providers = (): AnyPanel =>
  table(
    {
      title: 'Execution providers in use',
      description: 'What scores, and what embeds pictures.',
      unit: 'none',
      span: 6,
      height: 4,
      targets: [rows({ expr: `max by (monitor, part, provider) (driftwatch_execution_provider_info{${ofMonitor}})`, legend: '' })],
    },
    {},
  )

export const workerRestarts = (): AnyPanel =>
  lines({
    title: 'Workers replaced',
    description: 'Workers of a monitor of pictures that died, failed or hung. Empty without pictures.',
    unit: 'none',
    min: 0,
    targets: [
      range({
        expr: `sum by (monitor, part) (increase(driftwatch_worker_restarts_total{${ofMonitor}}[$__rate_interval]))`,
        legend: '{{monitor}} {{part}}',
      }),
    ],
  })

export const endToEnd = (): AnyPanel =>
  lines({
    title: 'Latency from source to end',
    description: 'Of a batch, deliveries and commit included.',
    unit: 's',
    min: 0,
    targets: [0.5, 0.99].map((q) =>
      range({ expr: quantile(q, 'end_to_end_latency_seconds', 'monitor'), legend: `{{monitor}} p${q * 100}` }),
    ),
  })

export const stages = (): AnyPanel =>
  lines({
    title: 'Latency by stage, p99',
    description: 'Time that a stage takes for one batch, waiting included. The slowest stage holds the others back.',
    unit: 's',
    min: 0,
    targets: [range({ expr: quantile(0.99, 'stage_duration_seconds', 'monitor, stage'), legend: '{{monitor}} {{stage}}' })],
  })

export const eventLoop = (): AnyPanel =>
  lines({
    title: 'How late the event loop is',
    description: 'Quantiles since the last scrape; 1 is the maximum. The 0.99 quantile above 0.1 s: the machine has too little processor.',
    unit: 's',
    min: 0,
    targets: [range({ expr: 'max by (instance, quantile) (driftwatch_event_loop_delay_seconds)', legend: '{{instance}} {{quantile}}' })],
  })
