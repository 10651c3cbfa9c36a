import type { Detector } from '../detectors/detector.js'
import { lengthText, type WindowShape } from '../detectors/window-shape.js'
import type { FitOptions } from './fit-options.js'
import { FitRefused } from './refusal.js'
import type { ReferenceRows, Rows } from './rows.js'
import type { ScoredStretch } from './scoring-model.js'
import { extentsOf, timesOf } from './sub-blocks.js'

const MIN_ROWS = 50
const MIN_EVALUATIONS = 8
const MAX_DROPPED_SHARE = 0.5
const MS_PER_DAY = 86_400_000

/** Throws `FitRefused` unless the rows fit the features, most records were usable, there are enough of them, and windows by time have times. */
export function checkRows({ n, d, dropped, first, times }: ReferenceRows, { features, logic }: FitOptions): void {
  if (d !== features.length) {
    throw new FitRefused('dimension', `the rows have ${d} values, but ${features.length} features are named; name each value of a row once`)
  }
  if (dropped > MAX_DROPPED_SHARE * (n + dropped)) {
    throw new FitRefused(
      'rejected',
      `${dropped} of ${n + dropped} records could not be used; mend the decoding (driftwatch check) or the data before fitting`,
    )
  }
  if (n < MIN_ROWS) throw new FitRefused('too_few_rows', `${n} usable rows, at least ${MIN_ROWS} are needed; give more normal data`)
  if (logic.window.by === 'time') timesOf(Number.isNaN(first) ? {} : { times })
}

/** Throws `FitRefused` when a detector needs labels and the rows have none that is frequent enough to be told apart. */
export function checkLabels({ labels, n }: ReferenceRows, detectors: readonly Detector[]): void {
  const asking = detectors.find((detector) => detector.labels !== undefined)
  if (asking === undefined || (labels?.names.length ?? 0) > 0) return
  throw new FitRefused(
    'no_labels',
    `detector ${asking.name} is fitted on the labels of the rows, but no label stands in as many as 20 of the ${n} rows; name the field that ` +
      'holds them as the label of the codec (decode), or use clusters, which finds sub-populations without labels',
  )
}

/** Windows of a length that the reference must hold, end to end, for its rate of alerts to mean anything. */
const LONG_WINDOWS = 40

/** Without the longer windows that the rows cannot calibrate: each row would lie in too large a part of them. */
export function affordable(window: WindowShape, rows: Rows): WindowShape {
  const all = extentsOf(rows, window).reduce((sum, extent) => sum + extent, 0)
  return { ...window, longer: (window.longer ?? []).filter((length) => all >= LONG_WINDOWS * length) }
}

/** Throws `FitRefused` when window detectors would have next to nothing to be calibrated on. */
export function checkWindows(stretches: readonly ScoredStretch[], window: WindowShape): void {
  const evaluations = stretches.reduce((sum, { evaluated }) => sum + evaluated.length, 0)
  if (evaluations >= MIN_EVALUATIONS) return
  throw new FitRefused(
    'too_few_windows',
    `the rows hold ${evaluations} evaluations of a window of ${shown(window)}, at least ${MIN_EVALUATIONS} are ` +
      `needed; ${window.by === 'time' ? 'give a longer window.size or a smaller window.least where records come more slowly, else ' : 'give '}` +
      `more rows per stream, ${window.by === 'time' ? '' : 'a shorter window, '}or no window detector`,
  )
}

const shown = (window: WindowShape): string =>
  window.by === 'time'
    ? `${lengthText(window, window.size)} (hop ${lengthText(window, window.hop)}, at least ${window.least} records)`
    : `${window.size} records (hop ${window.hop})`

/** Records per day over all streams: as declared, else from the event times (n rows have n - 1 intervals between them). */
export function rowsPerDayOf({ n, first, last }: ReferenceRows, declared: number | undefined): number {
  if (declared !== undefined) return declared
  if (last > first) return ((n - 1) * MS_PER_DAY) / (last - first)
  throw new FitRefused(
    'no_time_span',
    'the rows have no event times, or all the same, so the records per day are unknown; declare rowsPerDay, or decode a time',
  )
}
