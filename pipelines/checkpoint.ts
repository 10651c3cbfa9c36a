import { exhaustMap, from, interval, mergeMap, Observable } from 'rxjs'
import type { Round } from '../connectors/store.js'
import type { Graded, Outcome } from './batch.js'
import type { Keeper } from './keeper.js'
import { encodePartition, PARTITION } from './snapshot.js'
import type { Draft, Partition } from './streams.js'

export interface CheckpointOptions {
  readonly keeper: Pick<Keeper, 'snapshot' | 'forget'>
  /** Wall-clock ms between two checkpoints of a partition, and the shorter time after which one follows alerts. */
  readonly every: number
  readonly afterAlerts: number
  /** Streams that are copied in one go at least, some 8 µs each: a checkpoint of more takes several batches. */
  readonly streams: number
  now(): number
}

/**
 * Decides at the end of a batch whether a checkpoint is due, and if so copies the changed streams, a part of them with each batch.
 * The copies travel with the batch that completes them and are written only after everything that they reflect has been delivered.
 * The checkpoint names the offset at which it was begun: streams that were copied later are ahead of it, and after a restart
 * they skip the records that they reflect.
 */
export const checkpoint =
  (options: CheckpointOptions) =>
  (batch: Graded): Outcome => {
    const { partition, events, rejected, arrived, release, end, clock } = batch
    const finished = partition.ledger.begin(end)
    partition.end = end
    if (end > partition.clock.offset) partition.clock = { offset: end, time: clock }
    partition.told ||= events.length > 0
    return {
      partition,
      events,
      rejected,
      arrived,
      round: isDue(options, partition) ? copySome(options, partition) : undefined,
      finish: () => {
        finished()
        release()
      },
    }
  }

/** Checkpoints of partitions that have become quiet: no further batch comes to carry them. */
export const overdue = (options: CheckpointOptions, partitions: () => Iterable<Partition>): Observable<Outcome> => {
  const waits = (partition: Partition) => partition.draft !== undefined || (isUnsaved(partition) && isDue(options, partition))
  return interval(options.afterAlerts).pipe(
    exhaustMap(() => from([...partitions()].filter(waits)).pipe(mergeMap((partition) => gradually(options, partition)))),
  )
}

/** A checkpoint that is begun goes on; a new one follows soon after alerts, so that a crash repeats few of them. */
const isDue = ({ every, afterAlerts, now }: CheckpointOptions, { draft, told, lastCheckpoint }: Partition): boolean =>
  draft !== undefined || now() - lastCheckpoint >= (told ? afterAlerts : every)

/** Whether anything was folded since the last checkpoint; records that cannot be used change no stream, yet move the offset. */
const isUnsaved = ({ changed, end, saved }: Partition): boolean => changed.size > 0 || end > saved

/** One part in each turn of the event loop. The outcome comes in the turn that completes it: a checkpoint can never be made and lost. */
const gradually = (options: CheckpointOptions, partition: Partition): Observable<Outcome> =>
  new Observable((out) => {
    let next: NodeJS.Immediate | undefined
    const step = () => {
      const outcome = checkpointSome(options, partition)
      if (outcome.round !== undefined) {
        out.next(outcome)
        out.complete()
      } else next = setImmediate(goOn)
    }
    /** Unless a batch that came meanwhile has completed it. */
    const goOn = () => (partition.draft === undefined ? out.complete() : step())
    step()
    return () => clearImmediate(next)
  })

/** Begins or carries on a checkpoint; its round is there when this completes it. It must pass through the stages after all that is on its way. */
export const checkpointSome = (options: CheckpointOptions, partition: Partition): Outcome => ({
  partition,
  events: [],
  rejected: [],
  round: copySome(options, partition),
  arrived: undefined,
  finish: () => undefined,
})

/** Copies a part of the streams as they stand after their last folded record; returns the round when none is left. */
function copySome({ keeper, streams: most, now }: CheckpointOptions, partition: Partition): Round | undefined {
  partition.draft ??= begin(keeper, partition, now())
  const { offset, clock, before, left, streams, forgotten } = partition.draft
  // Never fewer than have changed meanwhile beyond what is left: else each checkpoint could be larger than the one before.
  for (const name of left.splice(-Math.max(most, partition.changed.size - left.length))) {
    const snapshot = keeper.snapshot(partition, name)
    if (snapshot !== undefined) streams.set(name, snapshot)
  }
  if (left.length > 0) return undefined
  partition.draft = undefined
  // Written first: no stream is ever ahead of what is known of the partition as a whole.
  const whole = encodePartition({ feed: partition.feed, clock, before }, partition.end)
  return {
    lease: partition.lease,
    offset,
    streams: new Map([[PARTITION, whole], ...streams]),
    forgotten: forgotten.filter((name) => !streams.has(name)),
  }
}

function begin(keeper: CheckpointOptions['keeper'], partition: Partition, now: number): Draft {
  const forgotten = keeper.forget(partition)
  const left = [...partition.changed]
  partition.changed.clear()
  partition.saved = partition.end
  partition.told = false
  partition.lastCheckpoint = now
  const before = partition.marked
  partition.marked = partition.clock
  return { offset: partition.end, clock: partition.clock, before, left, streams: new Map(), forgotten }
}
