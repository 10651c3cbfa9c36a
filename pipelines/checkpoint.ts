import type { Round } from '../connectors/store.js'
import type { Graded, Outcome } from './batch.js'
import { encodePartition, encodeStream, PARTITION } from './snapshot.js'
import type { Partition } from './streams.js'

export interface CheckpointOptions {
  readonly referenceVersion: string
  /** Least wall-clock time between two checkpoints of a partition, ms; one is also made whenever alerts went out. */
  readonly every: number
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
    const now = options.now()
    const due = events.length > 0 || now - partition.lastCheckpoint >= options.every
    return {
      partition,
      events,
      rejected,
      arrived,
      round: due ? roundOf(partition, end, options) : undefined,
      finish: () => {
        finished()
        release()
      },
    }
  }

/** Everything of the partition that changed since the last round, as it stands after the records before `end`. */
export function roundOf(partition: Partition, end: number, { referenceVersion, now }: CheckpointOptions): Round {
  const streams = new Map([...partition.changed].map((state) => [state.name, encodeStream(state, referenceVersion)]))
  streams.set(PARTITION, encodePartition(partition, end))
  partition.changed.clear()
  partition.lastCheckpoint = now()
  return { lease: partition.lease, offset: end, streams }
}
