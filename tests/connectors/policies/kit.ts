import { setMaxListeners } from 'node:events'
import type { WriteObserver, Writer } from '../../../connectors/policies/writer.js'
import { SinkError, type SinkReason } from '../../../connectors/sink.js'

/** A signal that is never aborted; as the pipeline's, it has a listener per waiting write. */
export const never: AbortSignal = new AbortController().signal
setMaxListeners(0, never)

export const fault = (recoverable: boolean, retryAfterMs?: number, reason: SinkReason = recoverable ? 'server' : 'client') =>
  new SinkError(reason, recoverable, `sink test: ${reason}`, { ...(retryAfterMs !== undefined && { retryAfterMs }) })

/** A sink whose writes end as told, in order; further ones are accepted. Counts what it was asked. */
export class Scripted implements Writer<string> {
  readonly name = 'test'
  readonly accepted: string[] = []
  readonly outcomes: (SinkError | Error)[]
  calls = 0
  connected = 0
  closed = 0

  constructor(...outcomes: (SinkError | Error)[]) {
    this.outcomes = outcomes
  }
  async connect() {
    this.connected++
  }
  async write(item: string) {
    this.calls++
    const error = this.outcomes.shift()
    if (error !== undefined) throw error
    this.accepted.push(item)
  }
  async close() {
    this.closed++
  }
}

/** A sink whose writes end when the test says so. */
export class Manual implements Writer<string> {
  readonly name = 'test'
  readonly running: { item: string; accept: () => void; fail: (error: Error) => void }[] = []
  most = 0
  async connect() {}
  write(item: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = { item, accept: () => end(resolve), fail: (error: Error) => end(() => reject(error)) }
      const end = (settle: () => void) => {
        this.running.splice(this.running.indexOf(entry), 1)
        settle()
      }
      this.running.push(entry)
      this.most = Math.max(this.most, this.running.length)
    })
  }
  async close() {}
}

/** Writes down what it is told. */
export class Notes implements WriteObserver {
  successes = 0
  readonly failures: [SinkReason, number | undefined][] = []
  readonly circuits: string[] = []
  success() {
    this.successes++
  }
  failure(error: SinkError, retryInMs: number | undefined) {
    this.failures.push([error.reason, retryInMs])
  }
  circuit(state: 'open' | 'closed') {
    this.circuits.push(state)
  }
}
