import type { Check } from './health.js'

/** A monitor's readiness: it is connected, and no part of it is in trouble. */
export class Readiness {
  #connected = false
  readonly #troubles = new Map<string, string>()

  constructor(private readonly check: Check) {}

  connected(): void {
    this.#connected = true
    this.#show()
  }

  /** A part cannot work at present, and why; undefined: it works again. */
  trouble(part: string, what: string | undefined): void {
    if (what === undefined) this.#troubles.delete(part)
    else this.#troubles.set(part, what)
    if (this.#connected) this.#show()
  }

  /** It does not run: it has failed for good, or begins anew. */
  down(why: string): void {
    this.#connected = false
    this.#troubles.clear()
    this.check.unready(why)
  }

  /** It has ended, as it should. */
  ended(): void {
    this.#connected = false
    this.check.remove()
  }

  #show(): void {
    const troubles = [...this.#troubles].map(([part, what]) => `${part}: ${what}`)
    if (troubles.length === 0) this.check.ready('watching')
    else this.check.unready(troubles.join('; '))
  }
}
