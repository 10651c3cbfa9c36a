import { z } from 'zod'
import { type VersionChange, versioned } from '../alerts/page-facts.js'

/** What a partition's state was written with, and what had taken the place of something else by then. */
export const storedVersions = z.strictObject({
  reference: z.string(),
  configuration: z.string(),
  changes: z.array(z.strictObject({ what: z.enum(versioned), before: z.string(), version: z.string(), at: z.number() })),
})
export type StoredVersions = z.output<typeof storedVersions>

/** Which reference and configuration decide about a monitor's alerts, and when they took the place of others, by the wall clock. */
export class Versions {
  readonly #changes = new Map<VersionChange['what'], VersionChange>()

  constructor(
    private readonly current: Pick<StoredVersions, VersionChange['what']>,
    private readonly now = Date.now,
  ) {}

  /** A partition came here: what its state was written with, undefined where it has none. */
  adopt(stored: StoredVersions | undefined): void {
    if (stored === undefined) return
    for (const what of versioned) {
      const version = this.current[what]
      if (stored[what] !== version) this.#note({ what, before: stored[what], version, at: this.now() })
      else for (const change of stored.changes) if (change.what === what) this.#note(change)
    }
  }

  /** Of each the latest change, the oldest first. */
  changes(): readonly VersionChange[] {
    return [...this.#changes.values()].sort((one, other) => one.at - other.at)
  }

  stored(): StoredVersions {
    return { ...this.current, changes: [...this.changes()] }
  }

  /** Replicas that are replaced one after the other notice it one after the other. */
  #note(change: VersionChange): void {
    const known = this.#changes.get(change.what)
    if (known === undefined || change.at < known.at) this.#changes.set(change.what, change)
  }
}
