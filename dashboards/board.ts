import {
  type AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import type { AnyPanel } from './looks.js'
import { datasource, ofMonitor } from './queries.js'

/** One dashboard: rows of panels, in the reader's order. */
export interface Board {
  /** Names the file and ends the uid. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly rows: Readonly<Record<string, readonly AnyPanel[]>>
  /** What it can be narrowed to. */
  readonly narrowBy: 'monitor' | 'stream'
  readonly annotations: readonly AnnotationQueryBuilder[]
}

/** The dashboard as Grafana imports it. */
export function build({ name, title, description, rows, narrowBy, annotations }: Board): Dashboard {
  const board = new DashboardBuilder(`Driftwatch / ${title}`)
    .uid(`driftwatch-${name}`)
    .description(description)
    .tags(['driftwatch'])
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .link(new DashboardLinkBuilder('Driftwatch').type(DashboardLinkType.Dashboards).tags(['driftwatch']).includeVars(true).keepTime(true))
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(choice('monitor', 'Monitor', 'label_values(driftwatch_budget_alerts_per_day, monitor)'))
  if (narrowBy === 'stream')
    board.withVariable(choice('stream', 'Stream', `label_values(driftwatch_records_scored_total{${ofMonitor}}, stream)`))
  for (const [row, panels] of Object.entries(rows)) {
    board.withRow(new RowBuilder(row))
    for (const panel of panels) board.withPanel(panel)
  }
  return numbered(board.annotations([...annotations]).build())
}

const choice = (name: string, label: string, query: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'], selected: true })

/** As of Grafana 11.0: later ones bring it up to date themselves. */
const SCHEMA_VERSION = 39

const numbered = (board: Dashboard): Dashboard => ({
  ...board,
  schemaVersion: SCHEMA_VERSION,
  panels: (board.panels ?? []).map((panel, i) => ({ ...panel, id: i + 1 })),
})
