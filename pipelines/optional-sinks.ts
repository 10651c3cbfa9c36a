import type { AlertEvent } from '../alerts/event.js'
import { type Sink, SinkError } from '../connectors/sink.js'
import type { Lease } from '../connectors/source.js'
import { within } from './within.js'

/** Events that a sink may have waiting before further ones are dropped, where it says nothing else. */
const BACKLOG = 256

/** Told what becomes of an event. */
export interface OptionalObserver {
  delivered(sink: string): void
  lost(sink: string, event: AlertEvent, error: unknown): void
}

/** Sinks that may miss events: a slow one never holds the stream up. Each gets the events of one alert in their order. */
export class OptionalSinks {
  /** Per sink: the last write of each alert that has one under way. */
  readonly #writes: readonly Map<string, Promise<void>>[]
  readonly #waiting: Uint32Array

  constructor(private readonly sinks: readonly Sink[]) {
    this.#writes = sinks.map(() => new Map())
    this.#waiting = new Uint32Array(sinks.length)
  }

  /** What waits is not begun once the partition is lost: its new owner tells what becomes of its alerts. */
  offer(event: AlertEvent, lease: Lease, signal: AbortSignal, observer: OptionalObserver): void {
    for (const [i, sink] of this.sinks.entries()) {
      if (this.#waiting[i] < backlogOf(sink)) this.#write(i, event, lease, signal, observer)
      else observer.lost(sink.name, event, backlogged(sink))
    }
  }

  /** Nothing more comes. */
  hasten(): void {
    for (const sink of this.sinks) sink.hasten?.()
  }

  /** Resolves when nothing waits any more, or after so many ms, or with the signal. */
  async drain(ms: number, signal: AbortSignal): Promise<void> {
    await within(ms, signal, Promise.all(this.#writes.flatMap((writes) => [...writes.values()])))
  }

  #write(i: number, event: AlertEvent, lease: Lease, signal: AbortSignal, observer: OptionalObserver): void {
    const sink = this.sinks[i]
    const writes = this.#writes[i]
    const alert = event.data.dedupKey
    this.#waiting[i]++
    const before = writes.get(alert)
    const write = async () => {
      if (lease.revoked) return
      await sink.write(event, signal)
      observer.delivered(sink.name)
    }
    const written = (before === undefined ? write() : before.then(write))
      .catch((error) => observer.lost(sink.name, event, error))
      .finally(() => {
        this.#waiting[i]--
        if (writes.get(alert) === written) writes.delete(alert)
      })
    writes.set(alert, written)
  }
}

const backlogOf = ({ backlog = BACKLOG }: Sink): number => backlog

const backlogged = (sink: Sink) => new SinkError('timeout', true, `${backlogOf(sink)} events already wait for optional sink ${sink.name}`)
