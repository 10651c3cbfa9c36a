import type { AlertView, MonitorChange, MonitorView, StreamRow, View, ViewChange } from '../../live/view.js'
import { byPriority, byUrgency } from './order.js'

const MOST_ALERTS = 200

/** In the order in which this page keeps them. */
export const ordered = (view: View): View => ({
  ...view,
  monitors: view.monitors.map((monitor) => ({
    ...monitor,
    streams: [...monitor.streams].sort(byUrgency),
    alerts: [...monitor.alerts].sort(byPriority),
  })),
})

/** The view after a change. A monitor that was not there before is told whole. */
export const merged = (view: View, { now, eventLoopDelay, monitors }: ViewChange): View => ({
  ...view,
  now,
  eventLoopDelay,
  monitors: [
    ...view.monitors.map((monitor) => {
      const change = monitors.find(({ name }) => name === monitor.name)
      return change === undefined ? monitor : withChange(monitor, change)
    }),
    ...monitors.filter(isWhole).filter(({ name }) => view.monitors.every((monitor) => monitor.name !== name)),
  ],
})

const isWhole = (change: MonitorChange): change is MonitorView =>
  change.axis !== undefined && change.pipeline !== undefined && change.streams !== undefined && change.alerts !== undefined

function withChange(monitor: MonitorView, { gone = [], streams = [], alerts = [], left = [], ...rest }: MonitorChange): MonitorView {
  return {
    ...monitor,
    ...rest,
    streams: streams.length + gone.length === 0 ? monitor.streams : mergedStreams(monitor.streams, streams, gone),
    alerts: alerts.length + left.length === 0 ? monitor.alerts : mergedAlerts(monitor.alerts, alerts, left),
  }
}

function mergedStreams(rows: readonly StreamRow[], changed: readonly StreamRow[], gone: readonly string[]): readonly StreamRow[] {
  const all = new Map([...rows, ...changed].map((row) => [row.name, row]))
  for (const name of gone) all.delete(name)
  return [...all.values()].sort(byUrgency)
}

function mergedAlerts(alerts: readonly AlertView[], changed: readonly AlertView[], left: readonly string[]): readonly AlertView[] {
  const all = new Map([...alerts, ...changed].map((alert) => [alert.latest.alertId, alert]))
  for (const alertId of left) all.delete(alertId)
  return [...all.values()].sort(byPriority).slice(0, MOST_ALERTS)
}

/** Alerts that have opened since the view before. */
export function newlyOpened(before: MonitorView, after: MonitorView): readonly AlertView[] {
  const known = new Set(before.alerts.map(({ latest }) => latest.alertId))
  return after.alerts.filter(({ open, latest }) => open && !known.has(latest.alertId))
}
