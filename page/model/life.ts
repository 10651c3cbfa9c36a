import type { AlertKind, Severity } from '../../alerts/severity.js'
import type { TransitionReason } from '../../alerts/transition.js'
import { count } from '../../alerts/words.js'
import type { AlertView, LifeStep, MonitorView, StreamRow } from '../../live/view.js'

export const kindWords: Readonly<Record<AlertKind, string>> = {
  record: 'anomalous records',
  drift: 'drift',
  feed: 'trouble with the input',
  calibration: 'the alert rate',
  adaptation: 'the adapted reference',
}

export const reasonWords: Readonly<Record<TransitionReason, string>> = {
  first_alarm: 'over the limit',
  data_missing: 'no data arrives',
  rejects_high: 'too many records cannot be used',
  calibration_off: 'alerts come at another rate than asked',
  adapted_far: 'the reference has been adapted far',
  rarer: 'it became rarer',
  stronger: 'it became stronger',
  persisting: 'it lasts',
  more_detectors: 'more detectors agree',
  lowered: 'calmer now',
  ongoing: 'still going on',
  cleared: 'back under the limit',
  settled: 'far below its worst, not always under the limit',
  data_returned: 'data is back',
  rejects_normal: 'records can be used again',
  calibration_holds: 'the rate is as asked again',
  no_budget: 'no budget is promised any more',
  adapted_back: 'close to the fitted reference again',
}

/** A stretch of an alert's life: one step, or several in a row that say the same. */
export interface Stretch {
  readonly first: LifeStep
  readonly last: LifeStep
  readonly times: number
}

/** Updates of the same reason and severity in a row become one. */
export function stretches(life: readonly LifeStep[]): readonly Stretch[] {
  const found: Stretch[] = []
  for (const step of life) {
    const before = found.at(-1)
    const same = step.transition === 'updated' && before?.last.reason === step.reason && before.last.severity === step.severity
    if (same) found[found.length - 1] = { ...before, last: step, times: before.times + 1 }
    else found.push({ first: step, last: step, times: 1 })
  }
  return found
}

/** What a stream's state is, in a word or few. */
export function statusWords({ status, severity, kinds, records, needed }: StreamRow): string {
  if (status === 'open') return [severity, kinds.join(', ')].filter(Boolean).join(' · ')
  if (status === 'learning') return `learning: ${count(records)} of ${count(needed)}`
  return status === 'refused' ? 'reference refused' : status
}

/** The alert that is shown of a stream: the one asked for, else the most severe open one, else the latest. */
export const shownAlert = (alerts: readonly AlertView[], stream: string | undefined, wanted: string | undefined): AlertView | undefined =>
  alerts.find(({ latest }) => latest.alertId === wanted) ?? alerts.find(({ latest }) => latest.stream === stream)

/** The alert after that one in the list, round and round. */
export function nextAlert(alerts: readonly AlertView[], current: string | undefined): AlertView | undefined {
  const at = alerts.findIndex(({ latest }) => latest.alertId === current)
  return alerts[(at + 1) % alerts.length]
}

/** How long an alert has been open or was, in ms of data time; `now` of the last record. */
export const lengthOf = ({ open, latest }: AlertView, now: number): number =>
  (open ? now : Date.parse(latest.at)) - Date.parse(latest.since)

/** How many open alerts of each severity, the most severe first. */
export function tally({ alerts, standing }: Pick<MonitorView, 'alerts' | 'standing'>): readonly (readonly [Severity, number])[] {
  const open = [...alerts.flatMap(({ open, latest }) => (open ? latest : [])), ...standing]
  return (['critical', 'error', 'warning', 'info'] as const)
    .map((severity) => [severity, open.filter((alert) => alert.severity === severity).length] as const)
    .filter(([, n]) => n > 0)
}
