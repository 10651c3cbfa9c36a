import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Heatmap } from '@grafana/grafana-foundation-sdk/heatmap'
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as Timeseries } from '@grafana/grafana-foundation-sdk/timeseries'
import { datasource } from './queries.js'

/** What every panel has. */
export interface Look {
  readonly title: string
  /** What it shows and when to worry, for the reader at 3 a.m. */
  readonly description: string
  readonly unit: string
  readonly targets: readonly DataqueryBuilder[]
  /** Columns of 24, and rows. */
  readonly span?: number
  readonly height?: number
  /** From which value on it has which colour, the first from below. */
  readonly colours?: readonly Threshold[]
  readonly min?: number
  /** Beside the axis of a chart over time. */
  readonly axis?: string
}

/** One panel; a dashboard lays it out. */
export type AnyPanel = Builder<Panel>

type Dressed = Timeseries | StateTimeline | Stat | BarGauge | Table | Heatmap

function dress<P extends Dressed>(panel: P, { title, description, unit, targets, span = 12, height = 8, colours, min }: Look): P {
  const named = targets.map((target, i) => target.refId('ABCDEF'[i]))
  panel.title(title).description(description).unit(unit).targets(named).datasource(datasource).span(span).height(height)
  if (min !== undefined) panel.min(min)
  if (colours !== undefined) panel.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...colours]))
  return panel
}

const byThreshold = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds)

/** Lines over time. With `colours` the limits are drawn. */
export function lines(look: Look): Timeseries {
  const panel = dress(new Timeseries(), look)
    .lineWidth(1)
    .fillOpacity(6)
    .showPoints(VisibilityMode.Never)
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
  if (look.axis !== undefined) panel.axisLabel(look.axis)
  return look.colours === undefined
    ? panel
    : panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
}

/** Large numbers: the present values. */
export const numbers = (look: Look): Stat =>
  dress(new Stat(), { height: 4, span: 6, ...look })
    .graphMode(BigValueGraphMode.None)
    .colorMode(look.colours === undefined ? BigValueColorMode.None : BigValueColorMode.Background)
    .colorScheme(byThreshold())
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))

/** A bar for each series or bucket. */
export const bars = (look: Look): BarGauge =>
  dress(new BarGauge(), look)
    .displayMode(BarGaugeDisplayMode.Gradient)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))

/** Rows, of targets with the same labels joined. */
export const table = (look: Look, columns: Readonly<Record<string, string>>): Table =>
  dress(new Table(), look)
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true }, renameByName: columns } })

/** Buckets of a histogram as they move. */
export const heatmap = (look: Look): Heatmap => dress(new Heatmap(), look).calculate(false)

const statuses = [
  { text: 'warming', color: 'super-light-blue' },
  { text: 'watching', color: 'green' },
  { text: 'no data', color: 'dark-purple' },
  { text: 'info', color: 'light-yellow' },
  { text: 'warning', color: 'yellow' },
  { text: 'error', color: 'orange' },
  { text: 'critical', color: 'red' },
]

/** What `driftwatch_stream_status` says, in words. */
export const statusWords = { type: MappingType.ValueToText as const, options: Object.fromEntries(statuses.entries()) }

/** A band per series that tells its state. */
export const timeline = (look: Look): StateTimeline =>
  dress(new StateTimeline(), look).mappings([statusWords]).showValue(VisibilityMode.Never).mergeValues(true).lineWidth(0)
