import type { MonitorConfig } from '../config/monitor.js'
import type { AlarmLogic } from '../references/reference.js'

/** How the monitor turns scores into alarms: what a fit calibrates. */
export const alarmLogicOf = ({ window, charts, alerting: { record, drift } }: MonitorConfig): AlarmLogic => ({
  window,
  record,
  drift,
  ...(charts.length > 0 && { charts: charts.toSorted() }),
})
