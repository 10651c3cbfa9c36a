import { isQuiet, type QuietHours } from './quiet-hours.js'
import type { Selectable } from './selector.js'
import type { Silences } from './silences.js'

/** Why a page is held back, as a bounded set (it is a metric label). */
export const hushReasons = ['silence', 'quiet_hours'] as const
export type HushReason = (typeof hushReasons)[number]

export interface Hush {
  readonly why: HushReason
  /** For a person. */
  readonly text: string
}

/** What holds an alert's page back at this moment of the wall clock; undefined: nothing does. Data time does not count: who sleeps, sleeps now. */
export type HushOf = (data: Selectable) => Hush | undefined

export const hushBy =
  (silences: Silences, quietHours: readonly QuietHours[], now: () => number = Date.now): HushOf =>
  (data) => {
    const silence = silences.covering(data)
    if (silence !== undefined) return { why: 'silence', text: `the silence "${silence.comment}"` }
    return quietHours.some((hours) => isQuiet(hours, data.severity, now())) ? { why: 'quiet_hours', text: 'quiet hours' } : undefined
  }
