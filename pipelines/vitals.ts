import { type AlertKind, alertKinds, type Severity } from '../alerts/severity.js'
import { isPegged } from '../calibration/alarm.js'
import type { Alerts, StreamState } from './streams.js'

/** What is told of a stream without its state. */
export interface Vitals {
  readonly records: number
  readonly pegged: boolean
  /** Distance of its slow copy from the fitted reference, 0 where there is none. */
  readonly adaptedBy: number
  readonly open: readonly OpenAlert[]
}

export interface OpenAlert {
  readonly kind: AlertKind
  readonly severity: Severity
}

export const vitalsOf = ({ folded: { count, alarm, alerts, adapted } }: StreamState): Vitals => ({
  records: count,
  pegged: isPegged(alarm),
  adaptedBy: adapted?.distance ?? 0,
  open: openOf(alerts),
})

export function openOf(alerts: Alerts): readonly OpenAlert[] {
  const open: OpenAlert[] = []
  for (const kind of alertKinds) {
    const alert = alerts[kind]
    if (alert !== undefined) open.push({ kind, severity: alert.severity })
  }
  return open.length === 0 ? none : open
}

const none: readonly OpenAlert[] = []
