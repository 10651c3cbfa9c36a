/** One named condition of readiness, as `/readyz` shows it. */
export interface CheckReport {
  readonly ready: boolean
  /** When `ready` last changed (ISO 8601). */
  readonly since: string
  /** One line for a person: what is waited for, or what is well. */
  readonly detail: string
}

export interface ReadinessReport {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, CheckReport>>
}

/** Sets one check. */
export interface Check {
  ready(detail?: string): void
  unready(detail: string): void
  /** Removes the check: what it stood for is no longer part of this process. */
  remove(): void
}

/** What must be well before the process counts as ready: at least one check, and all of them. */
export class Health {
  readonly #checks = new Map<string, CheckReport>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Adds a check, not ready at first. Throws when the name is taken. */
  check(name: string, detail = 'starting'): Check {
    if (this.#checks.has(name)) throw new Error(`readiness check "${name}" exists already; give each check its own name`)
    this.#set(name, false, detail)
    return {
      ready: (text = 'ready') => this.#set(name, true, text),
      unready: (text) => this.#set(name, false, text),
      remove: () => this.#checks.delete(name),
    }
  }

  report(): ReadinessReport {
    const checks = Object.fromEntries(this.#checks)
    return { ready: this.#checks.size > 0 && [...this.#checks.values()].every((check) => check.ready), checks }
  }

  #set(name: string, ready: boolean, detail: string): void {
    const before = this.#checks.get(name)
    const since = before?.ready === ready ? before.since : new Date(this.#now()).toISOString()
    this.#checks.set(name, { ready, since, detail })
  }
}
