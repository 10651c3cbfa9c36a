import { calibrate, type DetectorSeries } from '../calibration/calibrate.js'
import type { AlarmKind, Calibration } from '../calibration/calibration.js'
import { type ChartSeries, chartSeries } from '../calibration/charts.js'
import type { StreamRows } from '../calibration/stream-curves.js'
import type { Detector } from '../detectors/detector.js'
import { detectorByName } from '../detectors/registry.js'
import { affordable, checkLabels, checkRows, checkWindows, rowsPerDayOf } from './admission.js'
import { charted, checkCharts } from './charted.js'
import type { FitOptions, FitTools } from './fit-options.js'
import type { Stretch } from './folds.js'
import { checkGaps } from './gaps.js'
import { sumUpLabels } from './labelled.js'
import { climbLadder, type Rung } from './ladder.js'
import { purge } from './purge.js'
import type { AlarmLogic } from './reference.js'
import type { ReferenceRows } from './rows.js'
import type { ScoredStretch } from './scoring-model.js'
import { warmFrom } from './sub-blocks.js'
import { fitToFolds } from './summed.js'

/** A stretch of one stream, scored by a fit that has not seen it. */
export interface HeldOutStretch extends ScoredStretch {
  readonly stretch: Stretch
}

/** Reference rows, each scored by a fit to the other folds. */
export interface HeldOut {
  readonly rung: Rung
  readonly rowsPerDay: number
  /** Rows that were dropped since they were declared unverified; undefined where they were not. */
  readonly purged: number | undefined
  readonly detectors: readonly Detector[]
  /** Without the windows that so few rows cannot calibrate. */
  readonly logic: AlarmLogic
  /** Over the window detectors. */
  readonly series: readonly ChartSeries[]
  /** Per fold its stretches, with what the charts over them say. */
  readonly folds: readonly (readonly HeldOutStretch[])[]
}

/**
 * Detrends the rows where their halves need it, and scores every fold by a fit to the others.
 * Throws `FitRefused` for data that cannot be a reference.
 */
export async function holdOut(rows: ReferenceRows, options: FitOptions, tools: FitTools): Promise<HeldOut> {
  checkRows(rows, options)
  checkGaps(rows, options.features)
  const rowsPerDay = rowsPerDayOf(rows, options.rowsPerDay)
  const detectors = options.detectors.map(detectorByName)
  checkLabels(rows, detectors)
  const trusted = options.unverified ? await purge(rows, tools.matmul) : rows
  const climbed = await climbLadder(trusted, options, tools)
  const { labels } = climbed.rows
  const rung = labels === undefined ? climbed : { ...climbed, labels: await sumUpLabels(climbed, labels, tools.matmul) }
  const logic = { ...options.logic, window: affordable(options.logic.window, rung.rows) }
  const { window } = logic
  const series = chartsOf(detectors, logic)
  if (series.length > 0) checkCharts(rung.rows, window)
  const folds: HeldOutStretch[][] = []
  for (const [f, fold] of rung.folds.entries()) {
    const model = await fitToFolds(rung, (other) => other !== f, detectors, tools)
    const scored: HeldOutStretch[] = []
    for (const stretch of fold) {
      const { rows } = rung
      scored.push({ stretch, ...(await model.score(rows, stretch, window, warmFrom(stretch, window, rows))) })
    }
    await model.close()
    folds.push(scored)
    tools.progress?.('calibration', f + 1, rung.folds.length)
  }
  if (detectors.some(({ kind }) => kind === 'window')) checkWindows(folds.flat(), window)
  const purged = options.unverified ? rows.n - trusted.n : undefined
  return { rung, rowsPerDay, purged, detectors, logic, series, folds: series.length > 0 ? charted(folds, series, window) : folds }
}

/** The charts over the window detectors. */
export const chartsOf = (detectors: readonly Detector[], { charts = [] }: AlarmLogic): ChartSeries[] =>
  chartSeries(
    charts,
    detectors.flatMap(({ name, kind }) => (kind === 'window' ? [name] : [])),
  )

/** The scores as a calibration takes them, per detector and chart. */
export const seriesOf = ({ detectors, series, folds }: Pick<HeldOut, 'detectors' | 'series' | 'folds'>): DetectorSeries[] => {
  const prices = pricesOf(detectors, series)
  const kinds = [
    ...detectors.map(({ name, kind }) => [name, alarmKind[kind]] as const),
    ...series.map(({ name }) => [name, 'drift'] as const),
  ]
  return kinds.map(([name, kind]) => {
    const scored = folds.map((fold) => fold.filter(({ scores }) => (scores.get(name)?.length ?? 0) > 0))
    return {
      detector: name,
      kind,
      price: prices[name],
      folds: scored.map((fold) => fold.flatMap(({ scores }) => scores.get(name) ?? [])),
      streams: scored.map((fold) => fold.map(({ stretch }) => stretch.streamFrom)),
      follows: scored.map((fold, f) =>
        fold.map(({ stretch }) => scored[f - 1]?.findIndex((before) => goesOn(before.stretch, stretch)) ?? -1),
      ),
    }
  })
}

/** The calibration by those folds, all where none are given. */
export function calibrationOf(heldOut: HeldOut, folds = heldOut.folds): Calibration {
  const { rung, logic, rowsPerDay } = heldOut
  const names = new Map(rung.rows.streams.map(({ from, name }) => [from, name]))
  const streams = new Map<number, StreamRows>()
  for (const { stretch } of folds.flat()) {
    const { from, to, streamFrom } = stretch
    streams.set(streamFrom, { name: names.get(streamFrom), rows: to - from + (streams.get(streamFrom)?.rows ?? 0) })
  }
  const rows = [...streams.values()].reduce((sum, { rows }) => sum + rows, 0)
  return calibrate(seriesOf({ ...heldOut, folds }), { logic, rows, rowsPerDay, streams })
}

const goesOn = (before: Stretch, { from, streamFrom }: Stretch): boolean => before.to === from && before.streamFrom === streamFrom

/** What each detector's lambda counts beside the others: 1 for the cheapest of a kind. A chart's is that of its detector. */
export const pricesOf = (detectors: readonly Detector[], series: readonly ChartSeries[]): Record<string, number> => {
  const prices: Record<string, number> = Object.fromEntries(
    detectors.map(({ name, kind, price = 1 }) => [
      name,
      price / Math.min(...detectors.filter((other) => other.kind === kind).map((other) => other.price ?? 1)),
    ]),
  )
  return { ...prices, ...Object.fromEntries(series.map(({ name, detector }) => [name, prices[detector]])) }
}

export const alarmKind: Readonly<Record<Detector['kind'], AlarmKind>> = { record: 'record', window: 'drift' }
