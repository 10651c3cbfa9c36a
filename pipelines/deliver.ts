import { concatMap, type Observable, of } from 'rxjs'
import { serialise } from '../alerts/compose.js'
import type { AlertEvent } from '../alerts/event.js'
import { type DeadLetter, type DeadLetterSink, type Sink, SinkError } from '../connectors/sink.js'
import type { Lease } from '../connectors/source.js'
import type { Outcome } from './batch.js'

export interface DeliverOptions {
  /** Sinks that must accept an event before its records count as finished, with their policies around them. */
  readonly required: readonly Sink[]
  /** Sinks that may miss events: a slow one never holds the stream up. */
  readonly optional: readonly Sink[]
  readonly deadLetters: DeadLetterSink
  /** Ends waiting retries; what is undelivered then stays uncommitted. */
  readonly signal: AbortSignal
  delivered(sink: string): void
  /** An event that a sink did not take and never will: refused for good, or dropped by an optional sink. */
  lost(sink: string, event: AlertEvent, error: unknown): void
  deadLettered(letters: readonly DeadLetter[]): void
}

/** Events that an optional sink may have waiting before further ones are dropped. */
const OPTIONAL_BACKLOG = 256

/**
 * Hands events and dead letters to the sinks and passes the outcome on once every required sink has accepted them.
 * Outcomes in order, one at a time; within one, events of the same alert in order and different alerts side by side.
 */
export const deliver = (options: DeliverOptions) => {
  const backlog = new Map<string, number>()
  return (outcomes: Observable<Outcome>): Observable<Outcome> =>
    outcomes.pipe(
      concatMap((outcome) => {
        if (outcome.events.length === 0 && outcome.rejected.length === 0) return of(outcome)
        if (outcome.partition.lease.revoked) return of({ ...outcome, events: [], rejected: [] })
        for (const event of outcome.events) offer(options, backlog, event)
        return deliverAll(options, outcome).then(() => outcome)
      }),
    )
}

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

function offer(options: DeliverOptions, backlog: Map<string, number>, event: AlertEvent): void {
  for (const sink of options.optional) {
    const waiting = backlog.get(sink.name) ?? 0
    if (waiting >= OPTIONAL_BACKLOG) {
      options.lost(sink.name, event, new SinkError('timeout', true, `${waiting} events already wait for optional sink ${sink.name}`))
      continue
    }
    backlog.set(sink.name, waiting + 1)
    sink
      .write(event, options.signal)
      .then(
        () => options.delivered(sink.name),
        (error) => options.lost(sink.name, event, error),
      )
      .finally(() => backlog.set(sink.name, (backlog.get(sink.name) ?? 1) - 1))
  }
}
