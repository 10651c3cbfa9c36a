import type { AlertEvent } from '../alerts/event.js'
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
  close(): Promise<void>
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
