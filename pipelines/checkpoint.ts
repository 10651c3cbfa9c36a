import { interval, mergeMap, type Observable } from 'rxjs'
import type { Round } from '../connectors/store.js'
import type { Graded, Outcome } from './batch.js'
import { encodePartition, encodeStream, PARTITION } from './snapshot.js'
import type { Partition } from './streams.js'

export interface CheckpointOptions {
  readonly referenceVersion: string
  /** Wall-clock ms between two checkpoints of a partition, and the shorter time after which one follows alerts. */
  readonly every: number
  readonly afterAlerts: number
  now(): number
}

/**
 * Decides at the end of a batch whether a checkpoint is due, and if so copies the changed streams as they stand now.
 * The copy travels with the batch and is written only after everything that it reflects has been delivered.
 */
export const checkpoint =
  (options: CheckpointOptions) =>
  (batch: Graded): Outcome => {
    const { partition, events, rejected, arrived, release, end } = batch
    const finished = partition.ledger.begin(end)
    partition.end = end
    const wait = events.length > 0 ? options.afterAlerts : options.every
    return {
      partition,
      events,
      rejected,
      arrived,
      round: age(options, partition) >= wait ? roundOf(partition, options) : undefined,
      finish: () => {
        finished()
        release()
      },
    }
  }

/** Checkpoints of partitions that have become quiet: no further batch comes to carry them. */
export const overdue = (options: CheckpointOptions, partitions: () => Iterable<Partition>): Observable<Outcome> =>
  interval(options.afterAlerts).pipe(
    mergeMap(() =>
      [...partitions()]
        .filter((partition) => partition.changed.size > 0 && age(options, partition) >= options.every)
        .map((partition) => checkpointNow(options, partition)),
    ),
  )

/** A checkpoint of everything folded so far; it must pass through the stages after all that is on its way. */
export const checkpointNow = (options: CheckpointOptions, partition: Partition): Outcome => ({
  partition,
  events: [],
  rejected: [],
  round: roundOf(partition, options),
  arrived: undefined,
  finish: () => undefined,
})

const age = ({ now }: CheckpointOptions, { lastCheckpoint }: Partition): number => now() - lastCheckpoint

/** Everything of the partition that changed since the last round, as it stands after its last folded record. */
function roundOf(partition: Partition, { referenceVersion, now }: CheckpointOptions): Round {
  const streams = new Map([...partition.changed].map((state) => [state.name, encodeStream(state, referenceVersion)]))
  streams.set(PARTITION, encodePartition(partition, partition.end))
  partition.changed.clear()
  partition.lastCheckpoint = now()
  return { lease: partition.lease, offset: partition.end, streams }
}
