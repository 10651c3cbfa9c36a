import type { Logger } from 'pino'
import type { HttpTarget } from '../http/target.js'
import { SinkError } from '../sink.js'
import { bodyOf, type Posting } from './alertmanager-alert.js'

/** Alerts of one request, at most, but for those of one call. */
const MOST = 256

interface Waiting {
  readonly postings: readonly Posting[]
  readonly done: (error?: SinkError) => void
}

/**
 * One Alertmanager. What it is told comes in the order of the calls, so that no repetition overtakes an end; what waits meanwhile goes
 * together.
 */
export class Replica {
  readonly #waiting: Waiting[] = []
  readonly #stop = new AbortController()
  #busy = false
  #failing = false

  constructor(
    private readonly target: HttpTarget,
    private readonly logger: Logger,
  ) {}

  /** Whether something still waits for what is on its way. */
  get backlogged(): boolean {
    return this.#waiting.length > 0
  }

  /** Resolves when it has taken them. @throws SinkError */
  async post(postings: readonly Posting[]): Promise<void> {
    const posted = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ postings, done: (error) => (error === undefined ? resolve() : reject(error)) })
    })
    if (!this.#busy) void this.#drain()
    return posted
  }

  close(): void {
    this.target.close()
    this.#stop.abort()
  }

  async #drain(): Promise<void> {
    this.#busy = true
    while (this.#waiting.length > 0) {
      const batch = this.#next()
      const error = await this.#send(batch.flatMap(({ postings }) => postings))
      // One that is down would make each of them wait for its timeout; whoever wrote them tries again, and so does the next round.
      const failed = error?.recoverable === true ? [...batch, ...this.#waiting.splice(0)] : batch
      for (const { done } of failed) done(error)
    }
    this.#busy = false
  }

  #next(): Waiting[] {
    const batch = [this.#waiting[0]]
    let size = batch[0].postings.length
    for (const one of this.#waiting.slice(1)) {
      size += one.postings.length
      if (size > MOST) break
      batch.push(one)
    }
    this.#waiting.splice(0, batch.length)
    return batch
  }

  async #send(postings: readonly Posting[]): Promise<SinkError | undefined> {
    try {
      await this.target.send({ body: bodyOf(postings, Date.now()), headers: { 'content-type': 'application/json' } }, this.#stop.signal)
      if (this.#failing) this.logger.info({ alertmanager: this.target.where }, 'an Alertmanager takes alerts again')
      this.#failing = false
      return undefined
    } catch (error) {
      const fault = error instanceof SinkError ? error : new SinkError('client', false, String(error), { cause: error })
      if (!this.#failing && fault.reason !== 'closed')
        this.logger.warn({ reason: fault.reason, error: fault.message }, 'an Alertmanager does not take alerts; they are posted again')
      this.#failing = true
      return fault
    }
  }
}
