import { concatMap, type Observable, of } from 'rxjs'
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
 * Hands events and dead letters to the sinks and passes the outcome on once every required sink has accepted them.
 * Outcomes in order, one at a time; within one, events of the same alert in order and different alerts side by side.
 */
export const deliver =
  (options: DeliverOptions) =>
  (outcomes: Observable<Outcome>): Observable<Outcome> =>
    outcomes.pipe(
      concatMap((outcome) => {
        if (outcome.events.length === 0 && outcome.rejected.length === 0) return of(outcome)
        if (outcome.partition.lease.revoked) return of({ ...outcome, events: [], rejected: [] })
        for (const event of outcome.events) options.optional.offer(event, options.signal, options)
        return deliverAll(options, outcome).then(() => outcome)
      }),
    )

async function deliverAll(options: DeliverOptions, { events, rejected, partition: { lease } }: Outcome): Promise<void> {
  if (rejected.length > 0) await bury(options, lease, rejected)
  await Promise.all([...byAlert(events).values()].map((series) => deliverSeries(options, lease, series)))
}

function byAlert(events: readonly AlertEvent[]): Map<string, AlertEvent[]> {
  const groups = new Map<string, AlertEvent[]>()
  for (const event of events) {
    const group = groups.get(event.data.dedupKey)
    if (group === undefined) groups.set(event.data.dedupKey, [event])
    else group.push(event)
  }
  return groups
}

/** Nothing is begun once the partition is lost: its new owner tells it again, and an old event after a newer one would mislead. */
async function deliverSeries(options: DeliverOptions, lease: Lease, series: readonly AlertEvent[]): Promise<void> {
  for (const event of series) {
    if (lease.revoked) return
    await Promise.all(options.required.map((sink) => deliverOne(options, lease, sink, event)))
  }
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
