import type { AlertView, MonitorChange, MonitorView, StreamRow, View, ViewChange } from './view.js'

/** Streams of which only the records went on, that are told of at once: the longest untold first. */
const GONE_ON = 100

/** What was told of a monitor last. */
interface Told {
  view: MonitorView
  /** The one that was told of longest ago comes first. */
  readonly rows: Map<string, StreamRow>
  alerts: Map<string, AlertView>
}

/** Says of each view what is new since the one before. */
export class Changes {
  readonly #told = new Map<string, Told>()

  /** Of a monitor that was not told of before, all. */
  next({ now, eventLoopDelay, monitors }: View): ViewChange {
    return { now, eventLoopDelay, monitors: monitors.map((monitor) => this.#changeOf(monitor)) }
  }

  /** What comes next is told from the beginning. */
  forget(): void {
    this.#told.clear()
  }

  #changeOf(view: MonitorView): MonitorChange {
    const told = this.#told.get(view.name)
    if (told === undefined) {
      this.#told.set(view.name, { view, rows: byName(view.streams), alerts: byId(view.alerts) })
      return view
    }
    const { streams: _, alerts: __, ...rest } = view
    const before: Partial<MonitorView> = told.view
    const fields = Object.entries(rest).filter(([field, value]) => field !== 'name' && !same(value, before[field as keyof MonitorView]))
    const streams = newRows(told.rows, view.streams)
    const alertsNow = byId(view.alerts)
    const alerts = view.alerts.filter((alert) => !sameAlert(alert, told.alerts.get(alert.latest.alertId)))
    const gone = goneOf(told.rows, view.streams)
    const left = [...told.alerts.values()]
      .filter(({ open, latest }) => open && !alertsNow.has(latest.alertId))
      .map(({ latest }) => latest.alertId)
    told.view = view
    told.alerts = alertsNow
    return {
      name: view.name,
      ...Object.fromEntries(fields),
      ...(streams.length > 0 && { streams }),
      ...(alerts.length > 0 && { alerts }),
      ...(gone.length > 0 && { gone }),
      ...(left.length > 0 && { left }),
    }
  }
}

const byName = (rows: readonly StreamRow[]) => new Map(rows.map((row) => [row.name, row]))
const byId = (alerts: readonly AlertView[]) => new Map(alerts.map((alert) => [alert.latest.alertId, alert]))

/** All that mean something else than before, and some of which only the records went on; those are told of now. */
function newRows(told: Map<string, StreamRow>, rows: readonly StreamRow[]): StreamRow[] {
  const now = byName(rows)
  const urgent = rows.filter((row) => !sameMeaning(row, told.get(row.name)))
  const goneOn: StreamRow[] = []
  for (const [name, before] of told) {
    const row = now.get(name)
    if (row !== undefined && row.records !== before.records && sameMeaning(row, before)) goneOn.push(row)
    if (goneOn.length === GONE_ON) break
  }
  const changed = [...urgent, ...goneOn]
  for (const row of changed) {
    told.delete(row.name)
    told.set(row.name, row)
  }
  return changed
}

function goneOf(told: Map<string, StreamRow>, rows: readonly StreamRow[]): string[] {
  if (told.size === rows.length) return []
  const now = byName(rows)
  const gone = [...told.keys()].filter((name) => !now.has(name))
  for (const name of gone) told.delete(name)
  return gone
}

const sameMeaning = (one: StreamRow, other: StreamRow | undefined): boolean =>
  other !== undefined && one.status === other.status && one.severity === other.severity && one.kinds.join() === other.kinds.join()

const sameAlert = (one: AlertView, other: AlertView | undefined): boolean =>
  other !== undefined && one.latest === other.latest && one.suppressed === other.suppressed && one.picture === other.picture

const same = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other)
