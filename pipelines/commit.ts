import { concatMap, type Observable, of } from 'rxjs'
import type { Source } from '../connectors/source.js'
import type { Round, StateStore } from '../connectors/store.js'
import type { Outcome } from './batch.js'

export interface CommitOptions {
  readonly source: Source
  readonly store: StateStore
  /** The round with what the sinks have noted by now. */
  noted(round: Round): Round
  committed(outcome: Outcome): void
  /** The partition went to another owner meanwhile, who reads on from the last commit. */
  fenced(outcome: Outcome, error: unknown): void
}

/**
 * Finishes what was delivered. At a checkpoint the order is: deliver, write the state, commit the offset;
 * a crash between any two only repeats work whose results are identical.
 */
export const commit =
  (options: CommitOptions) =>
  (outcomes: Observable<Outcome>): Observable<Outcome> =>
    outcomes.pipe(
      concatMap((outcome) => {
        outcome.finish()
        return outcome.round === undefined ? of(outcome) : writeCheckpoint(options, outcome).then(() => outcome)
      }),
    )

/** Writes the round and commits the partition's position. A lease that was lost meanwhile is no fault. */
export async function writeCheckpoint(options: CommitOptions, outcome: Outcome): Promise<void> {
  const { lease, ledger } = outcome.partition
  if (lease.revoked || outcome.round === undefined) return
  try {
    await options.store.save(options.noted(outcome.round))
    await options.source.commit([{ lease, offset: ledger.position }])
    options.committed(outcome)
  } catch (error) {
    if (!lease.revoked) throw error
    options.fenced(outcome, error)
  }
}
