import { z } from 'zod'
import { isHttpUrl } from '../http/options.js'
import { HttpTarget } from '../http/target.js'
import { duration, secret } from '../options.js'

/** What becomes of a heartbeat that is due, as a bounded set (it is a metric label). */
export const heartbeatOutcomes = ['sent', 'failed', 'withheld'] as const
export type HeartbeatOutcome = (typeof heartbeatOutcomes)[number]

export const heartbeatSchema = z.strictObject({
  url: secret()
    .refine((url) => isHttpUrl(url.reveal()), { error: 'is not a URL that starts with http:// or https://' })
    .describe('Address of the watchdog; kept secret, for whoever knows it can speak in our name'),
  every: duration()
    .refine((ms) => ms >= 1000 && ms <= 86_400_000, { error: 'expected a duration between 1s and 1d' })
    .prefault('1m')
    .describe('Longest time between two heartbeats; the watchdog should wait for two or three of them'),
  method: z.enum(['POST', 'GET']).default('POST').describe('How the address is called'),
})

export interface HeartbeatOptions extends z.output<typeof heartbeatSchema> {
  /** Whether all is well. */
  ready(): boolean
  beaten(outcome: HeartbeatOutcome, error?: unknown): void
}

/** A try takes no longer. */
const TIMEOUT = 10_000

/**
 * A dead man's switch: tells an external watchdog again and again that all is well, and falls silent when it is not, or when this
 * process is dead, stopped or cut off. Who watches calls somebody when it hears nothing.
 */
export class Heartbeat {
  readonly #target: HttpTarget
  readonly #over = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly options: HeartbeatOptions) {
    this.#target = new HttpTarget({ sink: 'heartbeat', url: options.url.reveal(), timeout: TIMEOUT, headers: {} })
    void this.#beat()
  }

  close(): void {
    this.#over.abort()
    clearTimeout(this.#timer)
  }

  async #beat(): Promise<void> {
    const { ready, beaten, method, every } = this.options
    try {
      if (!ready()) beaten('withheld')
      else {
        await this.#target.send({ method, headers: {}, ...(method === 'POST' && { body: '' }) }, this.#over.signal)
        beaten('sent')
      }
    } catch (error) {
      if (!this.#over.signal.aborted) beaten('failed', error)
    }
    // Many processes that were started together do not beat together.
    if (!this.#over.signal.aborted) this.#timer = setTimeout(() => void this.#beat(), every * (1 - 0.1 * Math.random()))
  }
}
