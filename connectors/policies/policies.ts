import { z } from 'zod'
import { duration } from '../options.js'
import { breaker } from './breaker.js'
import { limit } from './limit.js'
import { type RetryClock, retry } from './retry.js'
import type { WriteObserver, Writer } from './writer.js'

const positive = () => duration().refine((ms) => ms > 0 && ms <= 86_400_000, 'must be longer than 0 and at most 1d')

/** Options of the policies around a sink; every one has a default that suits most sinks. */
export const policies = z.strictObject({
  retry: z
    .strictObject({
      initialDelay: positive().prefault('500ms').describe('Longest delay before the first retry; it doubles with every further failure'),
      maxDelay: positive()
        .prefault('30s')
        .describe('Longest delay between two tries, unless the receiver asks for a longer one (Retry-After)'),
      giveUpAfter: positive()
        .optional()
        .describe(
          'Stop retrying after this time, or up to breaker.probeAfter later while the sink is left alone; ' +
            'without it, an event is retried until it is accepted',
        ),
    })
    .refine(({ initialDelay, maxDelay }) => maxDelay >= initialDelay, {
      path: ['maxDelay'],
      message: 'must not be shorter than initialDelay',
    })
    .prefault({})
    .describe('How a failed write is tried again'),
  concurrency: z.int().min(1).max(1024).default(4).describe('Writes at the same time'),
  breaker: z
    .strictObject({
      failures: z.int().min(1).default(5).describe('Consecutive failures after which the sink is left alone'),
      probeAfter: positive().prefault('10s').describe('How long it is left alone before one write probes it'),
    })
    .prefault({})
    .describe('Leaves a sink alone that keeps failing'),
})
export type Policies = z.output<typeof policies>

/**
 * A sink with its policies: retry around limit around breaker around the sink.
 *
 * Retry is outermost, so a write that waits for its next try holds no slot and others go on.
 * The breaker is innermost, so a write that waited for a slot learns that the circuit has opened meanwhile.
 * Order between concurrent writes is not kept: where it matters, await one before starting the next.
 */
export const withPolicies = <Item>(
  sink: Writer<Item>,
  options: Policies,
  observer: WriteObserver<Item>,
  clock?: RetryClock,
): Writer<Item> => retry(limit(breaker(sink, options.breaker, observer), options.concurrency), options.retry, observer, clock)
