import { setMaxListeners } from 'node:events'
import type { z } from 'zod'
import type { AlertEvent } from '../../alerts/event.js'
import { rank } from '../../alerts/severity.js'
import type { Page, Pager, PageTransition } from '../pager.js'
import { stopped } from '../policies/writer.js'
import { type PartitionName, type Sink, SinkError, type StandingAlert } from '../sink.js'
import type { Hush, HushOf, HushReason } from './hush.js'
import { due, type HeldPage, type Known, pageOf, partitionKey } from './known.js'
import { type Note, type Notes, noNotes, readNotes, writeNotes } from './notes.js'
import { hasGone, type Route, wentBefore } from './route.js'
import { type groupingSchema, Storms } from './storms.js'

export interface NotifierOptions {
  /** With its policies around it. */
  readonly pager: Pager
  /** Whether the pager is sent updates. */
  readonly updates: boolean
  readonly monitor: string
  readonly route: Route
  readonly grouping: z.output<typeof groupingSchema>
  readonly hush: HushOf
  readonly observer: NotifierObserver
}

/** Told what becomes of alerts that call nobody at once. */
export interface NotifierObserver {
  /** An event would have called somebody, but for what holds it back. */
  suppressed(why: HushReason): void
  /** A page begins to be owed, or something else holds it back now. */
  held(by: Hush, event: AlertEvent): void
  /** An alert ended before the page that was held back was sent. */
  passed(event: AlertEvent): void
  /** The page that was held back was refused for good. */
  lost(event: AlertEvent, error: unknown): void
  /** What was noted before the restart cannot be read. */
  forgotten(partition: PartitionName, error: unknown): void
}

/** Between two looks whether what held pages back has ended, ms. */
const LOOK_EVERY = 1000

/**
 * Decides what people are told of alerts, as a sink in front of a pager. An alert that takes the route, or rises into it, is told of
 * once and again when it becomes more severe; its end is told if and only if it was told of itself. Alerts that come together
 * are one page, a storm, with a life of its own. What a silence or quiet hours hold back is told when they end, if it is still open.
 *
 * `write` resolves when the page that tells of the event was accepted, so that no event is finished before; or at once where no
 * page is to tell of it now, and then `notes` say what is owed.
 */
export class Notifier implements Sink {
  readonly name: string
  readonly backlog = 10_000
  /** By dedup key. */
  readonly #alerts = new Map<string, Known>()
  readonly #storms: Storms
  readonly #partitions = new Map<string, PartitionName>()
  #look: NodeJS.Timeout | undefined
  readonly #over = new AbortController()

  constructor(private readonly options: NotifierOptions) {
    this.name = options.pager.name
    // Every page that is tried again may listen to it.
    setMaxListeners(0, this.#over.signal)
    this.#storms = new Storms({ ...options, send: (page, signal) => this.#send(page, signal) }, this.#over.signal, this.#partitions)
  }

  connect(): Promise<void> {
    return this.options.pager.connect()
  }

  async close(): Promise<void> {
    this.#over.abort()
    clearInterval(this.#look)
    this.#storms.close(this.name)
    await this.options.pager.close()
  }

  hasten(): void {
    this.#storms.hasten()
  }

  /** The pages that are owed: a silence or quiet hours hold them back, or did and the pager has not taken them since. */
  get heldBack(): readonly HeldPage[] {
    return [...this.#alerts.values()].flatMap(({ heldBack, latest }) => {
      if (heldBack === undefined || latest === undefined) return []
      const { monitor, stream, kind, severity, since } = latest.data
      const by = this.options.hush(latest.data)?.text ?? `${heldBack}, over now; ${this.name} has not taken it yet`
      return { monitor, sink: this.name, stream, kind, severity, since, by }
    })
  }

  async write(event: AlertEvent, signal: AbortSignal): Promise<void> {
    const alert = this.#meet(event)
    if (alert.underWay !== undefined) await alert.underWay
    if (this.#over.signal.aborted) throw stopped(this.name)
    alert.latest = event
    const { route, hush, observer } = this.options
    if (event.data.transition === 'resolved') return this.#end(alert, event, signal)
    const transition = due(route, alert.told, event)
    if (transition === undefined) return
    const hushed = transition === 'updated' ? undefined : hush(event.data)
    if (hushed === undefined) return this.#tell(alert, event, transition, signal)
    if (alert.heldBack === undefined || event.data.transition === 'escalated') observer.suppressed(hushed.why)
    this.#hold(alert, event, hushed)
    this.#watch()
  }

  adopt(partition: PartitionName, open: readonly StandingAlert[], notes: string | undefined): void {
    const of = partitionKey(partition)
    this.#partitions.set(of, partition)
    const { alerts, storms } = this.#read(partition, notes)
    const noted = new Map(alerts.map((note) => [note.alert, note]))
    for (const standing of open) this.#adopt(of, standing, noted.get(standing.alertId), storms)
    this.#watch()
  }

  release(partition: PartitionName): void {
    const of = partitionKey(partition)
    this.#partitions.delete(of)
    const gone = [...this.#alerts.values()].filter((alert) => alert.partition === of)
    for (const alert of gone) this.#forget(alert)
    this.#storms.release(of)
  }

  notes(partition: PartitionName): string | undefined {
    const of = partitionKey(partition)
    const alerts = [...this.#alerts.values()].filter((alert) => alert.partition === of)
    return writeNotes(alerts, this.options.route)
  }

  #meet({ data }: AlertEvent): Known {
    const { dedupKey, alertId, transition, peakSeverity, origin } = data
    const known = this.#alerts.get(dedupKey)
    if (known?.alertId === alertId) return known
    if (known !== undefined) this.#forget(known)
    // Opened before this process knew of it: told of, if it ever took the route.
    const before = (transition === 'updated' || transition === 'resolved') && hasGone(this.options.route, data)
    return this.#add({ alertId, dedupKey, partition: partitionKey(origin), told: before ? peakSeverity : undefined })
  }

  #add(of: Pick<Known, 'alertId' | 'dedupKey' | 'partition' | 'told'> & Partial<Known>): Known {
    const alert = { latest: undefined, storm: undefined, heldBack: undefined, underWay: undefined, ...of }
    this.#alerts.set(alert.dedupKey, alert)
    alert.storm?.members.add(alert)
    return alert
  }

  #forget(alert: Known): void {
    this.#alerts.delete(alert.dedupKey)
    alert.storm?.members.delete(alert)
    this.#storms.drop(alert.storm)
  }

  #read(partition: PartitionName, notes: string | undefined): Notes {
    if (notes === undefined) return noNotes
    try {
      return readNotes(notes)
    } catch (error) {
      this.options.observer.forgotten(partition, error)
      return noNotes
    }
  }

  /** Of what is not noted the route says whether people were told. What they were told is said again where that calls nobody: a pager may have to repeat it. */
  #adopt(partition: string, standing: StandingAlert, note: Note | undefined, storms: Notes['storms']): void {
    const { alertId, dedupKey, peakSeverity } = standing
    const told = note === undefined && wentBefore(this.options.route, standing) ? peakSeverity : note?.told
    const storm = note?.storm === undefined ? undefined : this.#storms.adopt(note.storm, storms)
    const alert = this.#add({ alertId, dedupKey, partition, told, storm, latest: note?.event, heldBack: note?.heldBack })
    if (told === undefined || storm !== undefined || alert.latest === undefined || !this.options.updates) return
    this.#inBackground(alert, () => this.#send(pageOf(alert, note?.event, 'updated')))
  }

  async #tell(alert: Known, event: AlertEvent, transition: PageTransition, signal: AbortSignal): Promise<void> {
    const { severity } = event.data
    const { storm, told } = alert
    if (transition === 'updated') {
      if (this.options.updates && storm === undefined) await this.#send(pageOf(alert, event, transition), signal)
      return
    }
    const isOld = storm === undefined ? told !== undefined : rank(severity) <= rank(storm.told ?? 'info')
    if (isOld && storm === undefined) await this.#send(pageOf(alert, event, transition), signal)
    else if (!isOld) await this.#storms.gather(alert, signal)
    alert.told = severity
    alert.heldBack = undefined
  }

  async #end(alert: Known, event: AlertEvent, signal: AbortSignal): Promise<void> {
    const { storm } = alert
    if (storm !== undefined) await this.#storms.end(alert, storm, event, signal)
    else if (alert.told !== undefined) await this.#send(pageOf(alert, event, 'resolved'), signal)
    else if (alert.heldBack !== undefined) this.options.observer.passed(event)
    // A partition that was lost meanwhile has taken its alerts with it.
    if (this.#alerts.get(alert.dedupKey) === alert) this.#forget(alert)
  }

  #hold(alert: Known, event: AlertEvent, by: Hush): void {
    if (alert.heldBack !== by.text) this.options.observer.held(by, event)
    alert.heldBack = by.text
  }

  /** Looks again and again, while pages are held back, whether they still are. */
  #watch(): void {
    if (this.heldBack.length > 0) this.#look ??= setInterval(() => this.#tellWhatIsFree(), LOOK_EVERY)
  }

  #tellWhatIsFree(): void {
    if (this.heldBack.length === 0) {
      clearInterval(this.#look)
      this.#look = undefined
    }
    for (const alert of this.#alerts.values()) {
      const { latest, told, heldBack, underWay } = alert
      if (heldBack === undefined || underWay !== undefined || latest === undefined) continue
      const hushed = this.options.hush(latest.data)
      if (hushed !== undefined) {
        this.#hold(alert, latest, hushed)
        continue
      }
      const transition = due(this.options.route, told, latest)
      if (transition === 'opened' || transition === 'escalated')
        this.#inBackground(alert, () => this.#tell(alert, latest, transition, this.#over.signal))
      else alert.heldBack = undefined
    }
  }

  /** What fails for good is lost, what fails otherwise is owed still. */
  #inBackground(alert: Known, work: () => Promise<void>): void {
    alert.underWay = work()
      .catch((error) => {
        if (alert.heldBack === undefined || alert.latest === undefined || (error instanceof SinkError && error.recoverable)) return
        alert.heldBack = undefined
        this.options.observer.lost(alert.latest, error)
      })
      .finally(() => {
        alert.underWay = undefined
      })
  }

  async #send(page: Page | undefined, signal = this.#over.signal): Promise<void> {
    if (page !== undefined) await this.options.pager.write(page, signal)
  }
}
