import type { AlertEvent } from '../../../alerts/event.js'
import { dedupKey } from '../../../alerts/identity.js'
import { rank, type Severity } from '../../../alerts/severity.js'
import type { Transition } from '../../../alerts/transition.js'
import type { Page, Pager } from '../../../connectors/pager.js'
import type { HushOf } from '../../../connectors/paging/hush.js'
import { Notifier, type NotifierOptions } from '../../../connectors/paging/notifier.js'
import { routeSchema } from '../../../connectors/paging/route.js'
import { groupingSchema } from '../../../connectors/paging/storms.js'
import type { StandingAlert } from '../../../connectors/sink.js'
import { eventsOf } from '../../pipelines/builders.js'

export const partition = { topic: 'features', partition: 3 }
export const never: AbortSignal = new AbortController().signal

const [example] = eventsOf('s')

/** One alert's life, told step by step. Its episodes have ids of their own. */
export class Story {
  #episode = 0
  #sequence = 0
  #severity: Severity = 'info'
  #peak: Severity = 'info'
  isOpen = false

  constructor(
    readonly stream: string,
    readonly on = partition,
  ) {}

  get severity(): Severity {
    return this.#severity
  }

  opened(severity: Severity): AlertEvent {
    this.#episode++
    this.#sequence = 0
    this.#severity = severity
    this.#peak = severity
    this.isOpen = true
    return this.#event('opened')
  }

  /** To another severity: an escalation, or an update. */
  went(severity: Severity): AlertEvent {
    const risen = rank(severity) > rank(this.#severity)
    this.#severity = severity
    if (rank(severity) > rank(this.#peak)) this.#peak = severity
    return this.#event(risen ? 'escalated' : 'updated')
  }

  resolved(): AlertEvent {
    this.isOpen = false
    return this.#event('resolved')
  }

  standing(): StandingAlert {
    const { alertId, dedupKey, monitor, stream, kind, severity, peakSeverity, since } = this.#event('updated').data
    return { alertId, dedupKey, monitor, stream, kind, severity, peakSeverity, since }
  }

  #event(transition: Transition): AlertEvent {
    const alertId = `${this.stream}-${this.#episode}`
    const data = {
      ...example.data,
      alertId,
      stream: this.stream,
      dedupKey: dedupKey({ monitor: example.data.monitor, stream: this.stream, kind: 'record' }),
      transition,
      severity: this.#severity,
      peakSeverity: this.#peak,
      origin: { ...this.on, offset: this.#sequence },
    }
    return { ...example, id: `${alertId}-${++this.#sequence}`, type: `io.driftwatch.alert.${transition}`, subject: this.stream, data }
  }
}

/** A receiver that keeps an incident per key, as PagerDuty does, and notes what it was sent. */
export class Receiver implements Pager {
  readonly name = 'pager'
  readonly pages: Page[] = []
  /** Streams of the last page of each open incident. */
  readonly open = new Map<string, readonly string[]>()
  readonly faults: string[] = []
  /** What becomes of a page before it is accepted. */
  before: (page: Page) => Promise<void> = async () => undefined

  async connect(): Promise<void> {}
  async close(): Promise<void> {}

  async write(page: Page): Promise<void> {
    await this.before(page)
    this.pages.push(page)
    const { key, transition, events } = page
    if (transition === 'resolved' && !this.open.delete(key)) this.faults.push(`resolved ${key}, of which nobody knows`)
    if (transition === 'resolved') return
    if (transition !== 'opened' && !this.open.has(key)) this.faults.push(`${transition} ${key}, of which nobody knows`)
    this.open.set(
      key,
      events.map(({ data }) => data.stream),
    )
  }

  /** Each page in a few words. */
  told(): string[] {
    return this.pages.map(
      ({ transition, severity, events, heldBack }) =>
        `${transition} ${severity}: ${events.length > 3 ? `${events.length} streams` : events.map(({ data }) => data.stream).join(' ')}` +
        (heldBack === undefined ? '' : ` (${heldBack})`),
    )
  }
}

export interface SceneOptions {
  readonly route?: object
  readonly grouping?: object
  readonly hush?: HushOf
  readonly updates?: boolean
}

/** A notifier in front of a receiver, with what it tells others. */
export function sceneOf(
  { route = {}, grouping = {}, hush = () => undefined, updates = false }: SceneOptions = {},
  receiver = new Receiver(),
) {
  const noted: string[] = []
  const options: NotifierOptions = {
    pager: receiver,
    updates,
    monitor: 'payments',
    route: routeSchema.parse(route),
    grouping: groupingSchema.parse(grouping),
    hush,
    observer: {
      suppressed: (why) => noted.push(`suppressed ${why}`),
      held: ({ text }, { data }) => noted.push(`held by ${text}: ${data.stream} ${data.transition}`),
      passed: ({ data }) => noted.push(`passed: ${data.stream}`),
      lost: ({ data }, error) => noted.push(`lost: ${data.stream}: ${error instanceof Error ? error.message : error}`),
      forgotten: (_, error) => noted.push(`forgotten: ${error instanceof Error ? error.name : error}`),
    },
  }
  return { notifier: new Notifier(options), receiver, noted }
}
