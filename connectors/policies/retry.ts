import { SinkError } from '../sink.js'
import { stopped, type WriteObserver, type Writer, wrap } from './writer.js'

export interface RetryOptions {
  /** Upper bound of the first delay, in ms; it doubles with every further failure. */
  readonly initialDelay: number
  /** Upper bound of every delay that the sink did not ask for itself, in ms. */
  readonly maxDelay: number
  /** Time from the first try after which no further one starts, in ms; without it, retrying never ends. */
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
 * The delay before retry k (k = 0, 1, ...) is uniform in [b/2, b) with b = min(maxDelay, initialDelay * 2^k),
 * or what the sink asked for where that is longer (at most an hour).
 * Not cockatiel's retry, whose delay can neither be aborted nor follow `retryAfterMs`.
 */
export function retry<Item>(
  inner: Writer<Item>,
  options: RetryOptions,
  observer: WriteObserver,
  clock: RetryClock = systemClock,
): Writer<Item> {
  return wrap(inner, async (item, signal) => {
    const started = clock.now()
    for (let failures = 0; ; failures++) {
      if (signal.aborted) throw stopped(inner.name)
      observer.attempt()
      try {
        return await inner.write(item, signal)
      } catch (error) {
        if (!(error instanceof SinkError) || signal.aborted) throw error
        const delay = nextDelay(error, failures, options, clock.random())
        const elapsed = clock.now() - started
        const over = elapsed + delay > (options.giveUpAfter ?? Number.POSITIVE_INFINITY)
        observer.failure(error, error.recoverable && !over ? delay : undefined)
        if (!error.recoverable) throw error
        if (over) throw givenUp(error, failures + 1, elapsed)
        await clock.sleep(delay, signal)
      }
    }
  })
}

function nextDelay(error: SinkError, failures: number, { initialDelay, maxDelay }: RetryOptions, random: number): number {
  const bound = Math.min(maxDelay, initialDelay * 2 ** failures)
  const wish = Math.min(error.retryAfterMs ?? 0, LONGEST_WISH_MS)
  return Math.max((bound / 2) * (1 + random), wish)
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
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    }),
}
