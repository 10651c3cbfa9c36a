import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'

/** The data source that a reader has chosen: dashboards name none by its uid. */
export const datasource = { type: 'prometheus', uid: '$datasource' }

/** Selectors of the monitors, and of the streams, that a reader has chosen. */
export const ofMonitor = 'monitor=~"$monitor"'
export const ofStream = 'monitor=~"$monitor", stream=~"$stream"'

/** The series of one panel, with the name that each has in its legend. */
export interface Query {
  readonly expr: string
  readonly legend: string
}

const base = ({ expr, legend }: Query) => new DataqueryBuilder().datasource(datasource).expr(expr).legendFormat(legend)

/** Over the time range. */
export const range = (query: Query): DataqueryBuilder => base(query).range()

/** Now. */
export const instant = (query: Query): DataqueryBuilder => base(query).instant()

/** Now, as rows with a column per label. */
export const rows = (query: Query): DataqueryBuilder => base(query).instant().format(PromQueryFormat.Table)

/** Buckets of a histogram over the time range, and one count of each over the whole of it. */
export const buckets = (query: Query): DataqueryBuilder => base(query).range().format(PromQueryFormat.Heatmap)
export const bucketsNow = (query: Query): DataqueryBuilder => base(query).instant().format(PromQueryFormat.Heatmap)
