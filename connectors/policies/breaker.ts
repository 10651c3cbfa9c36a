import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen, TaskCancelledError } from 'cockatiel'
import { SinkError } from '../sink.js'
import { stopped, type WriteObserver, type Writer, wrap } from './writer.js'

export interface BreakerOptions {
  /** Consecutive recoverable failures that open the circuit. */
  readonly failures: number
  /** How long the sink is left alone before one write probes it, in ms. */
  readonly probeAfter: number
}

/**
 * Leaves a sink alone that keeps failing. While open, every write fails at once as `circuit_open`, recoverable,
 * with the time until the next probe; then one write goes through while the others wait for its outcome.
 * Permanent errors show that the receiver is alive: they neither open the circuit nor keep it open.
 */
export function breaker<Item>(inner: Writer<Item>, options: BreakerOptions, observer: Pick<WriteObserver, 'circuit'>): Writer<Item> {
  const circuit = circuitBreaker(handleWhen(countsAsFailure), {
    halfOpenAfter: options.probeAfter,
    breaker: new ConsecutiveBreaker(options.failures),
  })
  let openedAt = 0
  let last = ''
  circuit.onBreak(() => {
    openedAt = Date.now()
    observer.circuit('open')
  })
  circuit.onReset(() => observer.circuit('closed'))

  return wrap(inner, async (item, signal) => {
    try {
      await circuit.execute(() => inner.write(item, signal), signal)
    } catch (error) {
      if (error instanceof TaskCancelledError) throw stopped(inner.name, error)
      if (error instanceof BrokenCircuitError) throw open(inner.name, options, Date.now() - openedAt, last)
      if (error instanceof SinkError && countsAsFailure(error)) last = error.message
      throw error
    }
  })
}

const countsAsFailure = (error: Error) => error instanceof SinkError && error.recoverable && error.reason !== 'closed'

const open = (sink: string, { failures, probeAfter }: BreakerOptions, elapsed: number, last: string) =>
  new SinkError(
    'circuit_open',
    true,
    `sink ${sink}: left alone after ${failures} failures in a row and probed every ${probeAfter} ms; its last failure: ${last}`,
    { retryAfterMs: Math.max(0, probeAfter - elapsed) },
  )
