import { SinkError } from '../sink.js'

/** What sinks and dead-letter sinks have in common, and all that a policy needs to know of them. */
export interface Writer<Item> {
  readonly name: string
  connect(): Promise<void>
  write(item: Item, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Told what happens to the writes of one sink, so that policies know nothing of metrics and logs. */
export interface WriteObserver<Item = unknown> {
  /** A write was accepted. */
  success(): void
  /** A try to write the item failed; the next one comes in `retryInMs`, or never when undefined. */
  failure(error: SinkError, retryInMs: number | undefined, item: Item): void
  /** The circuit breaker opened (the sink is left alone) or closed again. */
  circuit(state: 'open' | 'closed'): void
}

/** The same sink with another way to write. */
export const wrap = <Item>(inner: Writer<Item>, write: Writer<Item>['write']): Writer<Item> => ({
  name: inner.name,
  connect: () => inner.connect(),
  write,
  close: () => inner.close(),
})

/** The write was given up because its signal was aborted, which is no fault of the sink. */
export const stopped = (sink: string, cause?: unknown) =>
  new SinkError('closed', true, `sink ${sink}: writing was stopped before the event was accepted`, { cause })
