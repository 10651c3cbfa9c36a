import type { AlertEvent } from '../alerts/event.js'
import type { AlertKind, Severity } from '../alerts/severity.js'
import { rejectReasons } from './codec.js'
import type { Origin } from './source.js'

/** Why a write failed, as a bounded set (it is a metric label). */
export const sinkReasons = [
  'connection',
  'timeout',
  'rate_limited',
  'server',
  'client',
  'auth',
  'gone',
  'too_large',
  'disk',
  'circuit_open',
  'closed',
] as const
export type SinkReason = (typeof sinkReasons)[number]

/** A failed write. Recoverable: the same write may succeed later. Permanent: it never will. */
export class SinkError extends Error {
  override readonly name = 'SinkError'
  constructor(
    readonly reason: SinkReason,
    readonly recoverable: boolean,
    message: string,
    options?: { cause?: unknown; retryAfterMs?: number },
  ) {
    super(message, { cause: options?.cause })
    this.retryAfterMs = options?.retryAfterMs
  }
  /** How long the receiver asked us to wait, if it did. */
  readonly retryAfterMs: number | undefined
}

/**
 * Where alert events go. A plain sink tries once: retrying, concurrency limits and circuit breaking are wrappers (policies/).
 * `write` resolves when the receiver has accepted the event for good, else throws a `SinkError`.
 * Writing the same event again is harmless for the receiver: same id, same bytes.
 */
export interface Sink {
  readonly name: string
  connect(): Promise<void>
  write(event: AlertEvent, signal: AbortSignal): Promise<void>
  /**
   * The partition came here, after a start or from another replica, with these alerts open; their events were delivered before. Does not wait.
   * `notes`: what `notes` gave when the partition's state was last written.
   */
  adopt?(partition: PartitionName, open: readonly StandingAlert[], notes: string | undefined): void
  /** The partition went to another owner, who speaks for its alerts from now on: this one falls silent about them and resolves nothing. */
  release?(partition: PartitionName): void
  /** What this one must know of the partition's open alerts after a restart; written with the partition's state, so that it is bounded. */
  notes?(partition: PartitionName): string | undefined
  /** Nothing more comes: what waits for more is written at once. */
  hasten?(): void
  /** How many events it may have waiting where it is not required, if not the usual number. */
  readonly backlog?: number
  close(): Promise<void>
}

/** The same sink with another way to write, such as with policies around it. */
export const through = (sink: Sink, writer: Pick<Sink, 'name' | 'connect' | 'write' | 'close'>): Sink => ({
  name: writer.name,
  connect: () => writer.connect(),
  write: (event, signal) => writer.write(event, signal),
  ...(sink.adopt && { adopt: (...told) => sink.adopt?.(...told) }),
  release: (partition) => sink.release?.(partition),
  notes: (partition) => sink.notes?.(partition),
  hasten: () => sink.hasten?.(),
  ...(sink.backlog !== undefined && { backlog: sink.backlog }),
  close: () => writer.close(),
})

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

/** An alert that was open when its partition's state was restored: what is known of it without the event. */
export interface StandingAlert {
  readonly alertId: string
  readonly dedupKey: string
  readonly monitor: string
  readonly stream: string
  readonly kind: AlertKind
  readonly severity: Severity
  readonly peakSeverity: Severity
  /** Data time at which it opened (ISO 8601). */
  readonly since: string
}

export const deadLetterReasons = [...rejectReasons, 'alert_refused'] as const
export type DeadLetterReason = (typeof deadLetterReasons)[number]

/** A record that could not be used, or an alert that a required sink refused for good, with its original bytes. */
export interface DeadLetter {
  readonly origin: Origin
  readonly reason: DeadLetterReason
  readonly detail: string
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/**
 * Where unusable records go. Same contract as `Sink`, for batches: all accepted, or a `SinkError`, and then some of them may be accepted.
 * No letter is too large: where the receiver does not take all its bytes, it takes the letter without, for its reason and origin.
 */
export interface DeadLetterSink {
  readonly name: string
  connect(): Promise<void>
  write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
