import { concatMap, defer, map, type Observable } from 'rxjs'
import { serialise } from '../alerts/compose.js'
import type { AlertEvent } from '../alerts/event.js'
import { type DeadLetter, type DeadLetterSink, type Sink, SinkError } from '../connectors/sink.js'
import type { Lease } from '../connectors/source.js'
import type { Outcome } from './batch.js'
import type { OptionalObserver, OptionalSinks } from './optional-sinks.js'

export interface DeliverOptions extends OptionalObserver {
  /** Sinks that must accept an event before its records count as finished, with their policies around them. */
  readonly required: readonly Sink[]
  readonly optional: OptionalSinks
  readonly deadLetters: DeadLetterSink
  /** Ends waiting retries; what is undelivered then stays uncommitted. */
  readonly signal: AbortSignal
  deadLettered(letters: readonly DeadLetter[]): void
}

/**
 * Hands events and dead letters to the sinks and passes each outcome on, in order, once every required sink has accepted what is in it
 * and in those before. Deliveries begin as soon as their outcome comes: events of one alert are in order, also over several outcomes,
 * different alerts side by side. As many are under way as the outcomes' credits allow.
 */
export const deliver =
  (options: DeliverOptions) =>
  (outcomes: Observable<Outcome>): Observable<Outcome> =>
    defer(() => {
      const series = new Series()
      return outcomes.pipe(
        map((outcome) => {
          const delivered = deliverOutcome(options, series, outcome)
          // Who waits for it may still wait for one before; its error is that one's successor's.
          delivered.catch(() => undefined)
          return delivered
        }),
        concatMap((delivered) => delivered),
      )
    })

/** Nothing more comes: no sink need wait for it. */
export function hasten({ required, optional }: DeliverOptions): void {
  for (const sink of required) sink.hasten?.()
  optional.hasten()
}

async function deliverOutcome(options: DeliverOptions, series: Series, outcome: Outcome): Promise<Outcome> {
  const { events, rejected, partition } = outcome
  const { lease } = partition
  if (events.length === 0 && rejected.length === 0) return outcome
  if (lease.revoked) return { ...outcome, events: [], rejected: [] }
  for (const event of events) options.optional.offer(event, lease, options.signal, options)
  const buried = rejected.length > 0 && series.take(LETTERS, () => bury(options, lease, rejected))
  const told = events.map((event) =>
    series.take(event.data.dedupKey, async () => {
      if (buried) await buried
      await deliverEvent(options, lease, event)
    }),
  )
  await Promise.all([buried, ...told])
  return outcome
}

/** No alert has an empty key. */
const LETTERS = ''

/** Deliveries of one name, each begun when the one before has ended well: after a fault the pipeline ends. */
class Series {
  readonly #last = new Map<string, Promise<void>>()

  async take(name: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(name)
    const done = before === undefined ? work() : before.then(work)
    this.#last.set(name, done)
    await done
    if (this.#last.get(name) === done) this.#last.delete(name)
  }
}

/** Nothing is begun once the partition is lost: its new owner tells it again, and an old event after a newer one would mislead. */
async function deliverEvent(options: DeliverOptions, lease: Lease, event: AlertEvent): Promise<void> {
  if (lease.revoked) return
  await Promise.all(options.required.map((sink) => deliverOne(options, lease, sink, event)))
}

/** A sink that refuses an event for good does not block the stream: the event goes to the dead letters with its reason. */
async function deliverOne(options: DeliverOptions, lease: Lease, sink: Sink, event: AlertEvent): Promise<void> {
  try {
    await sink.write(event, options.signal)
    options.delivered(sink.name)
  } catch (error) {
    if (!(error instanceof SinkError) || error.recoverable || error.reason === 'closed') throw error
    options.lost(sink.name, event, error)
    await bury(options, lease, [refused(sink, event, error)])
  }
}

async function bury(options: DeliverOptions, lease: Lease, letters: readonly DeadLetter[]): Promise<void> {
  if (lease.revoked) return
  await options.deadLetters.write(letters, options.signal)
  options.deadLettered(letters)
}

const refused = (sink: Sink, event: AlertEvent, error: SinkError): DeadLetter => ({
  origin: event.data.origin,
  reason: 'alert_refused',
  detail: `sink ${sink.name} refused it for good: ${error.message}`,
  timestamp: Date.parse(event.time),
  key: Buffer.from(event.data.dedupKey),
  value: Buffer.from(serialise(event)),
})
