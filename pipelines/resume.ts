import type { Assigned } from '../connectors/source.js'
import type { StoredState } from '../connectors/store.js'
import type { Feed } from './streams.js'

export interface Resume {
  /** Offset to read from. */
  readonly start: number
  /** Records before it were delivered by an earlier run: fold them without delivering anything. */
  readonly silentUntil: number
  /**
   * Retention removed records that were not read yet. Whether that is an error is the source's policy, which `begin` applies;
   * if it goes on, windows that span the gap would mix what does not belong together: they begin anew. Open alerts stay open.
   */
  readonly gap: boolean
}

/**
 * Where to read on after a restart or a rebalance. The committed offset and the state's marker both name finished
 * records, and a crash can leave either behind the other: reading starts at the lower and is silent up to the higher.
 * Throws when the input no longer agrees with them.
 */
export function resume(assigned: Assigned, stored: StoredState, feed: Feed): Resume {
  const known = [assigned.committed, stored.offset].filter((offset) => offset !== undefined)
  const start = known.length === 0 ? assigned.initial : Math.min(...known)
  // The partition's own fold is copied last and written first: it reflects records that were delivered after the round was begun.
  const silentUntil = known.length === 0 ? start : Math.max(...known, feed.offset + 1)
  // Not what is silent: a former owner may have finished more than the log held when its end was looked up.
  if (start > assigned.end) {
    throw new Error(
      `the input ends at offset ${assigned.end}, but work up to offset ${start} is already recorded: ` +
        'it was replaced or cut. Delete the state of this monitor (and reset its consumer group) to begin anew',
    )
  }
  return { start, silentUntil, gap: start < assigned.earliest }
}
