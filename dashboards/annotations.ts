import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { datasource, ofMonitor, ofStream } from './queries.js'

interface Mark {
  readonly name: string
  readonly expr: string
  readonly colour: string
  /** What stands at the mark; its labels in braces. */
  readonly title: string
}

const mark = ({ name, expr, colour, title }: Mark) =>
  new AnnotationQueryBuilder().name(name).datasource(datasource).enable(true).iconColor(colour).expr(expr).titleFormat(title).step('10s')

/** While it is open: Grafana draws points that follow each other as one stretch. */
export const episodes = () =>
  mark({
    name: 'Alert episodes',
    expr: `max by (monitor, stream, kind, severity) (driftwatch_stream_alert_open{${ofStream}})`,
    colour: 'red',
    title: '{{monitor}} / {{stream}}: {{kind}} {{severity}}',
  })

/** What was not there five minutes ago: long enough to be met by the steps of a month. */
const isNew = (expr: string, earlier: string) => `${expr} unless ${earlier}`

const appeared = (metric: string, labels: string) =>
  isNew(`max by (${labels}) (${metric}{${ofMonitor}})`, `max by (${labels}) (${metric}{${ofMonitor}} offset 5m)`)

export const newReference = () =>
  mark({
    name: 'New reference',
    expr: appeared('driftwatch_reference_info', 'monitor, version'),
    colour: 'blue',
    title: '{{monitor}}: reference {{version}}',
  })

export const newConfiguration = () =>
  mark({
    name: 'New configuration',
    expr: appeared('driftwatch_config_info', 'monitor, version'),
    colour: 'purple',
    title: '{{monitor}}: configuration {{version}}',
  })

/** Deploys of what is watched, as control messages declare them. */
export const deploys = () =>
  mark({
    name: 'Deploys',
    expr: appeared('driftwatch_deploy_timestamp_seconds', 'monitor, version'),
    colour: 'orange',
    title: '{{monitor}}: deploy {{version}}',
  })

export const newDriftwatch = () =>
  mark({
    name: 'New version of Driftwatch',
    expr: isNew('max by (version) (driftwatch_build_info)', 'max by (version) (driftwatch_build_info offset 5m)'),
    colour: 'light-green',
    title: 'Driftwatch {{version}}',
  })
