import type { AlertData, AlertEvent } from '../alerts/event.js'
import { bounded, NAME_LENGTH } from '../alerts/names.js'
import type { PartitionName, StandingAlert } from '../connectors/sink.js'
import type { HeldBackBy } from './held-back.js'
import type { AlertView, LifeStep, StandingView } from './view.js'

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
  /** Of each partition that is ours, those of which no event has come. */
  readonly #standing = new Map<string, readonly StandingAlert[]>()

  #count = 0

  /** Alerts of which an event has come. */
  get count(): number {
    return this.#count
  }

  /** The partition came here with these alerts open; another process may have had it meanwhile. */
  adopt(partition: PartitionName, open: readonly StandingAlert[]): void {
    this.#forgetOf(partition, new Set(open.map(({ alertId }) => alertId)))
    this.#standing.set(
      nameOf(partition),
      open.filter(({ alertId }) => !this.#open.has(alertId)),
    )
  }

  /** The partition went to another process, which tells what becomes of its alerts. */
  release(partition: PartitionName): void {
    this.#forgetOf(partition)
    this.#standing.delete(nameOf(partition))
  }

  /** What was still under way when its partition went to another process is left out. @param seen wall clock, ms */
  add({ data }: AlertEvent, seen: number): void {
    const { alertId, transition, reason, severity, at, summary, origin } = data
    const standing = this.#standing.get(nameOf(origin))
    if (standing === undefined) return
    const before = this.#open.get(alertId) ?? this.#resolved.get(alertId)
    const life = before?.life ?? []
    if (life.length === 0) this.#count++
    life.push({ transition, reason, severity, at: Date.parse(at), seen, summary })
    if (life.length > STEPS) life.splice(FIRST_STEPS, 1)
    this.#open.delete(alertId)
    if (standing.length > 0)
      this.#standing.set(
        nameOf(origin),
        standing.filter((one) => one.alertId !== alertId),
      )
    const into = transition === 'resolved' ? this.#resolved : this.#open
    into.set(alertId, { latest: withCauses(withoutImages(data), before?.latest), life })
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

  /** Those that nothing more is known of. */
  standing(heldBack: HeldBackBy): readonly StandingView[] {
    return [...this.#standing.values()]
      .flat()
      .slice(0, SHOWN)
      .map((standing) => {
        const { alertId, stream, kind, severity, since } = standing
        const suppressed = heldBack(standing)
        return { alertId, stream, kind, severity, since, ...(suppressed !== undefined && { suppressed }) }
      })
  }

  #forgetOf(partition: PartitionName, but: ReadonlySet<string> = new Set()): void {
    for (const [alertId, { latest }] of this.#open)
      if (nameOf(latest.origin) === nameOf(partition) && !but.has(alertId)) this.#open.delete(alertId)
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

const nameOf = ({ topic, partition }: PartitionName): string => `${partition} ${bounded(topic, NAME_LENGTH)}`

/** An end has no causes of its own: those of the last event that had some stay. */
const withCauses = (data: AlertData, before: AlertData | undefined): AlertData =>
  data.contributions.length > 0 || before === undefined ? data : { ...data, contributions: before.contributions }

/** Pictures take their own way to the page, where they may. */
const withoutImages = <Data extends AlertData>(data: Data): Data => ({
  ...data,
  worst: data.worst.map(({ heatmapImage: _, ...record }) => record),
})
