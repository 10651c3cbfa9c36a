import { setTimeout as wait } from 'node:timers/promises'
import type { Said } from '../../pipelines/control.js'
import type { Collected } from '../../pipelines/control-messages.js'

/** What a control message asks for. */
export interface Request extends Collected {
  readonly said: Said
}

/** Takes what messages ask of a monitor. */
export interface Rebaselines {
  ask(request: Request): void
  /** All that was said before the start is known: work may begin. */
  begin(): void
}

export interface RequestsOptions {
  /** Ends all work; what was begun is begun anew at the next start. */
  readonly stop: AbortSignal
  /** Sees to it that the request is settled; ends early, with any outcome, when the signal is aborted. @throws whatever may be over at the next try */
  carryOut(request: Request, signal: AbortSignal): Promise<void>
  /** A try failed; the next comes in so many ms. */
  failed(request: Request, error: unknown, pause: number): void
  now?(): number
  /** Resolves after so many ms, or when the signal is aborted. */
  pause?(ms: number, signal: AbortSignal): Promise<void>
}

/** Producers and clocks may be late by so much: the records of the range are all there then. */
export const SETTLE = 60_000
const [FIRST_PAUSE, LONGEST_PAUSE] = [60_000, 3_600_000]

const realPause = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal, ref: false }).catch(() => undefined)

/**
 * The rebaselines that messages ask for: waits until the records of a request are there, then has it carried out, again and again
 * until that succeeds. The message that was written last counts, whether the ones before it are done or not.
 */
export class Requests implements Rebaselines {
  #last: Request | undefined
  #begun = false
  #current = new AbortController()
  #working: Promise<void> = Promise.resolve()

  constructor(private readonly options: RequestsOptions) {}

  ask(request: Request): void {
    if (this.#last !== undefined && request.said.time < this.#last.said.time) return
    this.#last = request
    this.#current.abort()
    if (this.#begun) this.#start(request)
  }

  begin(): void {
    this.#begun = true
    if (this.#last !== undefined) this.#start(this.#last)
  }

  #start(request: Request): void {
    this.#current = new AbortController()
    const signal = AbortSignal.any([this.#current.signal, this.options.stop])
    // What works on the request before, if anything does, has been told to end.
    this.#working = this.#working.then(() => this.#seeTo(request, signal))
  }

  async #seeTo(request: Request, signal: AbortSignal): Promise<void> {
    const { carryOut, failed, pause = realPause } = this.options
    await this.#until(request.to + SETTLE, signal)
    for (let next = FIRST_PAUSE; !signal.aborted; next = Math.min(2 * next, LONGEST_PAUSE)) {
      try {
        return await carryOut(request, signal)
      } catch (error) {
        if (signal.aborted) return
        failed(request, error, next)
      }
      await pause(next, signal)
    }
  }

  /** Looks at the clock now and then, for it may be set, and a timer is not that long. */
  async #until(time: number, signal: AbortSignal): Promise<void> {
    const { now = Date.now, pause = realPause } = this.options
    for (let left = time - now(); left > 0 && !signal.aborted; left = time - now()) await pause(Math.min(left, LONGEST_PAUSE), signal)
  }
}
