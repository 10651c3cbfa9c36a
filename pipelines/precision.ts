import { barAt } from '../calibration/budget.js'
import type { PrecisionPolicy } from '../calibration/precision.js'
import { longestOf } from '../detectors/block-window.js'
import type { AlarmLogic, Reference } from '../references/reference.js'

/** Records for which even the shortest alert stays open: a record moves the windows for as long as it is in them. */
export const shortestAlert = ({ window, record, drift }: AlarmLogic): number =>
  Math.max(record.gap, longestOf(window) + drift.gap * window.hop)

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
  const slot = shortestAlert(logic)
  const slotsPerDay = calibration.rowsPerDay / slot
  return {
    slot,
    base: falseAlarmsPerDay / slotsPerDay,
    share: 1 - precision,
    bar: (perSlot) => barAt(calibration, perSlot * slotsPerDay),
  }
}
