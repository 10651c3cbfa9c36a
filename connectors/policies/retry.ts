import { SinkError } from '../sink.js'
import { stopped, type WriteObserver, type Writer, wrap } from './writer.js'

export interface RetryOptions {
  /** Upper bound of the first delay, in ms; it doubles with every further failure. */
  readonly initialDelay: number
  /** Upper bound of every delay that the sink did not ask for itself, in ms. */
  readonly maxDelay: number
  /**
   * Time from the first try, in ms; a failure after it is the last one. Without it, retrying never ends.
   * A try due before the end is made, the last one at the end. One that the receiver itself wants later is not waited for.
   * A probe of the breaker is, for until then nobody knows how the receiver is.
   */
  readonly giveUpAfter?: number | undefined
}

/** Time and chance, replaceable in tests. */
export interface RetryClock {
  now(): number
  /** Uniform in [0, 1). */
  random(): number
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** A receiver's own wish is followed up to here: an absurd `Retry-After` must not silence a sink for good. */
const LONGEST_WISH_MS = 3_600_000

/**
 * Tries a write again until it is accepted, refused for good, stopped by its signal, or out of time.
 *
 * The delay before retry k (k = 0, 1, ...) is uniform in [b/2, b) with b = min(maxDelay, initialDelay * 2^k), but no longer
 * than the time that is left of `giveUpAfter`, or what the sink asked for where that is longer (at most an hour).
 * Not cockatiel's retry, whose delay can neither be aborted nor follow `retryAfterMs`.
 */
export function retry<Item>(
  inner: Writer<Item>,
  options: RetryOptions,
  observer: WriteObserver<Item>,
  clock: RetryClock = systemClock,
): Writer<Item> {
  return wrap(inner, async (item, signal) => {
    const started = clock.now()
    for (let failures = 0; ; failures++) {
      if (signal.aborted) throw stopped(inner.name)
      try {
        await inner.write(item, signal)
        return observer.success()
      } catch (error) {
        if (!(error instanceof SinkError) || signal.aborted) throw error
        const elapsed = clock.now() - started
        const delay = error.recoverable ? nextDelay(error, failures, elapsed, options, clock.random()) : undefined
        observer.failure(error, delay, item)
        if (!error.recoverable) throw error
        if (delay === undefined) throw givenUp(error, failures + 1, elapsed)
        await clock.sleep(delay, signal)
      }
    }
  })
}

/** Until the next try, in ms; undefined when there is none. */
function nextDelay(error: SinkError, failures: number, elapsed: number, options: RetryOptions, random: number): number | undefined {
  const left = (options.giveUpAfter ?? Number.POSITIVE_INFINITY) - elapsed
  const wish = Math.min(error.retryAfterMs ?? 0, LONGEST_WISH_MS)
  if (left <= 0 || (wish > left && error.reason !== 'circuit_open')) return undefined
  const bound = Math.min(options.maxDelay, options.initialDelay * 2 ** failures)
  return Math.max(Math.min((bound / 2) * (1 + random), left), wish)
}

const givenUp = (last: SinkError, tries: number, elapsed: number) =>
  new SinkError(
    last.reason,
    true,
    `${last.message}; given up after ${tries} tries in ${Math.round(elapsed / 1000)} s (retry.giveUpAfter)`,
    {
      cause: last,
    },
  )

const systemClock: RetryClock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const due = performance.now() + ms
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      // Timers of a busy process fire early, and a write that is early finds the circuit still open.
      const look = () => {
        const left = due - performance.now()
        if (left <= 0) done()
        else timer = setTimeout(look, Math.ceil(left))
      }
      let timer = setTimeout(look, ms)
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    }),
}
