import type { Calibration, RateMap } from './calibration.js'
import { mergeThinned } from './p-value.js'
import { mergeMaps } from './rate-map.js'

/**
 * The calibration of one alarm logic on the rows of all parts together, for a monitor of `rowsPerDay` records a day: episodes at a score
 * add up, and so do the rows. Each part was scored by its own fit, so this is what a fit of all rows would have counted as far as the
 * parts are alike. Their statistic a says alerts per day at the part's own records per day and is brought to those of the whole; of the
 * ceilings the highest holds. Curves of single streams are left out: all streams of the whole go by one bar. All parts must have the same detectors, at the same prices (1 where none is given).
 */
export const mergeCalibrations = (
  parts: readonly Calibration[],
  rowsPerDay: number,
  prices: Readonly<Record<string, number>> = {},
): Calibration => {
  const sum = (of: (part: Calibration) => number) => parts.reduce((total, part) => total + of(part), 0)
  const perDetector = <T>(merged: (name: string) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(parts[0].maps).map((name) => [name, merged(name)]))
  const rows = sum((part) => part.rows)
  const folds = sum((part) => part.folds)
  /** Decades that a part's a loses because the whole has more records a day. */
  const excess = (part: Calibration) => Math.log10(rowsPerDay / part.rowsPerDay)
  return {
    spanDays: rows / rowsPerDay,
    rowsPerDay,
    rows,
    folds,
    maps: perDetector((name) =>
      mergeMaps(
        parts.map(({ maps }) => maps[name]),
        prices[name],
      ),
    ),
    combined: mergeMaps(parts.map((part) => lowered(part.combined, excess(part)))),
    quantiles: perDetector((name) => mergeThinned(parts.map((part) => ({ thinned: part.quantiles[name], n: part.evaluations[name] })))),
    evaluations: perDetector((name) => sum((part) => part.evaluations[name])),
    ceiling: Math.max(...parts.map((part) => part.ceiling - excess(part))),
    dispersion: sum((part) => part.folds * part.dispersion) / folds,
  }
}

const lowered = (map: RateMap, by: number): RateMap => ({
  ...map,
  scores: map.scores.map((score) => score - by),
  tailStart: map.tailStart - by,
})
