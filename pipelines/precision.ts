import { barAt } from '../calibration/budget.js'
import { fewestEvaluations } from '../calibration/calibration.js'
import type { PrecisionPolicy } from '../calibration/precision.js'
import { longestOf } from '../detectors/window-shape.js'
import type { Reference } from '../references/reference.js'

/**
 * Records for which even the shortest alert stays open: a record moves the windows for as long as it is in them. By time: as many as a stream of
 * the reference had on the average.
 */
export function shortestAlert({ calibration, logic: { window, record, drift } }: Pick<Reference, 'calibration' | 'logic'>): number {
  const hop = window.by === 'time' ? calibration.rows / fewestEvaluations(calibration) : window.hop
  return Math.max(record.gap, Math.round(hop * (longestOf(window) / window.hop + drift.gap)))
}

interface Wanted {
  readonly falseAlarmsPerDay: number
  readonly precision?: number | undefined
  readonly fixedThresholds?: Readonly<Record<string, number>> | undefined
}

/** How alerts lower the bar, where that is asked for. Limits that an operator has set, or a refused reference, promise no rate. */
export function precisionPolicy(
  { falseAlarmsPerDay, precision, fixedThresholds = {} }: Wanted,
  selfTestPassed: boolean,
  { calibration, logic }: Pick<Reference, 'calibration' | 'logic'>,
): PrecisionPolicy | undefined {
  if (precision === undefined || !selfTestPassed || Object.keys(fixedThresholds).length > 0) return undefined
  const slot = shortestAlert({ calibration, logic })
  const slotsPerDay = calibration.rowsPerDay / slot
  return {
    slot,
    base: falseAlarmsPerDay / slotsPerDay,
    share: 1 - precision,
    bar: (perSlot) => barAt(calibration, perSlot * slotsPerDay),
  }
}
