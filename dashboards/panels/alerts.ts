import { BigValueColorMode } from '@grafana/grafana-foundation-sdk/common'
import { DashboardLinkBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard'
import { type AnyPanel, numbers, statusWords, table, timeline } from '../looks.js'
import { instant, ofMonitor, ofStream, range, rows } from '../queries.js'

const severityColours = { info: 'light-yellow', warning: 'yellow', error: 'orange', critical: 'red' }

export function openAlerts(): AnyPanel {
  const panel = numbers({
    title: 'Open alerts by severity',
    description: 'Alerts that are open now, of all kinds. A stream has at most one open alert of each kind.',
    unit: 'none',
    span: 12,
    targets: [instant({ expr: `sum by (severity) (driftwatch_alerts_open{${ofMonitor}})`, legend: '{{severity}}' })],
  })
  // A number has its colour only where something is open.
  for (const [severity, color] of Object.entries(severityColours)) {
    const steps = [
      { color: 'text', value: null },
      { color, value: 1 },
    ]
    panel.overrideByName(severity, [{ id: 'thresholds', value: { mode: ThresholdsMode.Absolute, steps } }])
  }
  return panel.colorMode(BigValueColorMode.Value)
}

export const streamsByState = (): AnyPanel =>
  numbers({
    title: 'Streams by what they do',
    description:
      'warming: too few records yet for every detector. no data: silent for longer than alerting.noData allows. alarming: an alert about its records or its drift is open.',
    unit: 'none',
    span: 12,
    targets: [instant({ expr: `sum by (state) (driftwatch_stream_states{${ofMonitor}})`, legend: '{{state}}' })],
  })

/** From a row or band to the dashboard of its stream; `labels`: where Grafana finds the value of a label. */
const toStream = (labels: string) =>
  new DashboardLinkBuilder('Look at this stream').url(
    `/d/driftwatch-stream?\${datasource:queryparam}&var-monitor=\${${labels}.monitor:percentencode}&var-stream=\${${labels}.stream:percentencode}&\${__url_time_range}`,
  )

/** The bands that a person looks at first. */
export const statusTimeline = (): AnyPanel =>
  timeline({
    title: 'State of every stream',
    description:
      'A band per stream: warming, watching, no data, or the severity of its open alert about records or drift. Streams beyond metrics.maxStreams share the band "other", with the worst of them.',
    unit: 'none',
    span: 24,
    height: 10,
    targets: [range({ expr: `max by (monitor, stream) (driftwatch_stream_status{${ofStream}})`, legend: '{{monitor}} / {{stream}}' })],
  }).dataLinks([toStream('__field.labels')])

export const everyStream = (): AnyPanel =>
  table(
    {
      title: 'Every stream',
      description:
        'State, records per second, and rarity in decades: 0 is what clean data shows once a day, 2 once in 100 days. The highest of the last minute.',
      unit: 'none',
      span: 24,
      height: 10,
      targets: [
        rows({ expr: `max by (monitor, stream) (driftwatch_stream_status{${ofStream}})`, legend: '' }),
        rows({ expr: `sum by (monitor, stream) (rate(driftwatch_records_scored_total{${ofStream}}[$__rate_interval]))`, legend: '' }),
        rows({ expr: `max by (monitor, stream) (driftwatch_stream_rarity{${ofStream}})`, legend: '' }),
      ],
    },
    { 'Value #A': 'state', 'Value #B': 'records/s', 'Value #C': 'rarity' },
  )
    .overrideByName('state', [{ id: 'mappings', value: [statusWords] }])
    .dataLinks([toStream('__data.fields')])

export const openedByStream = (): AnyPanel =>
  table(
    {
      title: 'Alerts opened in this time range',
      description: 'Of each stream, by kind and severity at the opening.',
      unit: 'none',
      targets: [
        rows({
          expr: `round(sum by (monitor, stream, kind, severity) (increase(driftwatch_alerts_opened_total{${ofStream}}[$__range]))) > 0`,
          legend: '',
        }),
      ],
    },
    { Value: 'alerts' },
  )

/** Why: what the open alerts name. */
export const contributions = (): AnyPanel =>
  table(
    {
      title: 'Top contributing features of open alerts',
      description:
        "share: the feature's part of the score, 1 is the whole. sigma: how far it is from its reference mean, signed. As of each alert's latest event, at most 8 features an alert.",
      unit: 'none',
      targets: [
        rows({ expr: `max by (monitor, stream, kind, feature) (driftwatch_alert_contribution_ratio{${ofStream}})`, legend: '' }),
        rows({ expr: `max by (monitor, stream, kind, feature) (driftwatch_alert_contribution_sigma{${ofStream}})`, legend: '' }),
      ],
    },
    { 'Value #A': 'share', 'Value #B': 'sigma' },
  )
