import type { AlertData, AlertEvent } from '../alerts/event.js'
import type { AlertView, LifeStep } from './view.js'

/** Alerts that are kept, and shown. */
const KEPT = 1000
const SHOWN = 200
/** Events of an alert that are kept: so many from its beginning, and the latest. */
const STEPS = 32
const FIRST_STEPS = 8

interface Alert {
  latest: AlertData
  readonly life: LifeStep[]
}

/** The alerts of a monitor, each with what has happened to it. */
export class AlertBook {
  /** The one that changed last at the end. */
  readonly #open = new Map<string, Alert>()
  readonly #resolved = new Map<string, Alert>()

  /** @param seen wall clock, ms */
  add({ data }: AlertEvent, seen: number): void {
    const { alertId, transition, reason, severity, at, summary } = data
    const life = this.#open.get(alertId)?.life ?? this.#resolved.get(alertId)?.life ?? []
    life.push({ transition, reason, severity, at: Date.parse(at), seen, summary })
    if (life.length > STEPS) life.splice(FIRST_STEPS, 1)
    this.#open.delete(alertId)
    const into = transition === 'resolved' ? this.#resolved : this.#open
    into.set(alertId, { latest: withoutImages(data), life })
    if (this.#open.size + this.#resolved.size > KEPT) this.#forget()
  }

  /** Open ones first, then the latest. */
  show(extras: (data: AlertData) => Partial<AlertView>): AlertView[] {
    const shown = (alerts: Map<string, Alert>, open: boolean) =>
      [...alerts.values()]
        .reverse()
        .slice(0, SHOWN)
        .map(({ latest, life }): AlertView => ({ latest, open, life: [...life], ...extras(latest) }))
    return [...shown(this.#open, true), ...shown(this.#resolved, false)].slice(0, SHOWN)
  }

  #forget(): void {
    for (const alerts of [this.#resolved, this.#open]) {
      const [oldest] = alerts.keys()
      if (oldest === undefined) continue
      alerts.delete(oldest)
      return
    }
  }
}

/** Pictures take their own way to the page, where they may. */
const withoutImages = <Data extends AlertData>(data: Data): Data => ({
  ...data,
  worst: data.worst.map(({ heatmapImage: _, ...record }) => record),
})
