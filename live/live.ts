import type { AlertData } from '../alerts/event.js'
import { EventLoopDelay } from '../telemetry/event-loop.js'
import { Collector, type CollectorOptions } from './collector.js'
import { monitorView } from './monitor-view.js'
import { brief } from './stages.js'
import type { MonitorState, StreamHistory, View } from './view.js'

export interface LiveOptions {
  readonly version: string
  /** Streams with a history, at most, of each monitor. */
  readonly streams: number
  /** Records that are described from one look to the next, at most. */
  readonly described: number
  stateOf(monitor: string): MonitorState
  /** What holds the page of an alert back from people at present. */
  suppressed?(data: AlertData): string | undefined
}

/** What all monitors of a process show. */
export class Live {
  readonly #collectors = new Map<string, Collector>()
  readonly #startedAt = Date.now()
  readonly #delay = new EventLoopDelay()
  #late = 0

  constructor(private readonly options: LiveOptions) {}

  /** Who looks on at a monitor; the same when asked again. */
  collector(monitor: string, credits: CollectorOptions['credits']): Collector {
    let collector = this.#collectors.get(monitor)
    if (collector === undefined) {
      collector = new Collector({ monitor, credits, streams: this.options.streams, described: this.options.described })
      this.#collectors.set(monitor, collector)
    }
    return collector
  }

  /** To be called about once a second. */
  look(): void {
    this.#late = brief(this.#delay.read()['0.99'])
    for (const collector of this.#collectors.values()) collector.look()
  }

  view(): View {
    const { version, stateOf, suppressed = () => undefined } = this.options
    const monitors = [...this.#collectors].flatMap(([name, collector]) => monitorView(name, stateOf(name), collector, suppressed) ?? [])
    return { version, startedAt: this.#startedAt, now: Date.now(), frozen: false, eventLoopDelay: this.#late, monitors }
  }

  /** Undefined where nothing is kept of the stream. */
  history(monitor: string, stream: string, since?: number): StreamHistory | undefined {
    return this.#collectors.get(monitor)?.history(stream, since)
  }

  /** How rare the rarest was that is known of a stream, in decades. */
  peak(monitor: string, stream: string): number {
    return this.#collectors.get(monitor)?.streams.find(stream)?.history?.peak ?? Number.NEGATIVE_INFINITY
  }

  close(): void {
    this.#delay.close()
  }
}
