import { bulkhead, TaskCancelledError } from 'cockatiel'
import { stopped, type Writer, wrap } from './writer.js'

/**
 * At most `concurrency` writes at a time; further ones wait in order. The queue needs no bound of its own:
 * no more events can wait than the records in flight have caused, and those are bounded by the bridge's credits.
 */
export function limit<Item>(inner: Writer<Item>, concurrency: number): Writer<Item> {
  const gate = bulkhead(concurrency, Number.POSITIVE_INFINITY)
  return wrap(inner, async (item, signal) => {
    try {
      await gate.execute(() => inner.write(item, signal), signal)
    } catch (error) {
      throw error instanceof TaskCancelledError ? stopped(inner.name, error) : error
    }
  })
}
