import type { AlertEvent } from '../alerts/event.js'
import type { Arrivals } from '../alerts/feed.js'
import type { Copy } from '../calibration/slow-copy.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Values } from '../connectors/codec.js'
import type { DeadLetter } from '../connectors/sink.js'
import type { RawBatch } from '../connectors/source.js'
import type { Round } from '../connectors/store.js'
import type { LengthSums } from '../detectors/block-window.js'
import type { TimeBlocksState } from '../detectors/time-blocks.js'
import type { Gap } from '../kinds/gaps.js'
import type { OwnFinding } from './past-stream.js'
import type { Previous } from './previous.js'
import type { Partition, StreamState } from './streams.js'

/**
 * The unit that travels: records of one partition, in offset order, as parallel columns.
 * Row i is values[i*d .. i*d+d), of stream states[stateOf[i]], at event time times[i], at offset offsets[i].
 */
export interface Batch {
  readonly partition: Partition
  readonly n: number
  readonly d: number
  /** n x d row-major in raw units, and room for more rows. */
  readonly values: Values
  readonly states: readonly StreamState[]
  readonly stateOf: Int32Array<ArrayBuffer>
  /** Event times, ms since the epoch. */
  readonly times: Float64Array<ArrayBuffer>
  readonly offsets: Float64Array<ArrayBuffer>
  /** The records' own ids, where the codec reads them. */
  readonly ids: readonly (string | undefined)[]
  /** Numbers of the records' labels, where a detector looks at them. */
  readonly labels?: Float32Array<ArrayBuffer>
  /** Numbers of the records' groups, of a reference's. */
  readonly groups?: readonly number[]
  /** Records that could not be decoded, without those that an earlier run has buried. */
  readonly rejected: readonly DeadLetter[]
  /** Every record that the partition's own fold does not reflect yet, also where its stream does. */
  readonly arrivals: Arrivals & { readonly offsets: Float64Array<ArrayBuffer>; readonly times: Float64Array<ArrayBuffer> }
  /** The offset after the batch's last record, rejected ones included. */
  readonly end: number
  /** The partition's clock after the batch's last record, and for each of the states at its stream's last one. */
  readonly clock: number | undefined
  readonly clocks: readonly number[]
  /** performance.now() when the batch left the source. */
  readonly arrived: number
  /** The records as they came, where their pictures may be drawn; good until `recycle`. */
  readonly raw?: Pick<RawBatch, 'records' | 'recycle'>
  /** Gives the batch's credits back; later calls do nothing. */
  release(): void
}

/** A slow copy of a stream has taken a step with the given row. */
export interface AdaptationStep {
  readonly row: number
  readonly copy: Copy
}

/** After the slow mean is subtracted, or rows are mapped by the slow copy. */
export interface Detrended extends Batch {
  /** What each stream's mean or copy has as its state after the last row of this batch. */
  readonly trends: readonly (Float64Array | undefined)[]
  /** In the order of their rows. */
  readonly adapted: readonly AdaptationStep[]
  /** The rows that lack features, which are filled in; absent where none does. */
  readonly gaps?: ReadonlyMap<number, Gap>
}

/** A stretch of one stream that lies within one sub-block of its window. */
export interface Segment {
  /** Index into `states`. */
  readonly state: number
  /** Of windows by time, in hops since the epoch; else 0. */
  readonly block: number
  count: number
  /** The row with which a sub-block closes: by count the segment's last one, by time its first, which the sub-block before does not hold. */
  row: number
}

/** What only windows by time have to tell of a batch. */
export interface TimeCuts {
  /** Rows that began a later sub-block of their stream (or its windows anew), and rows that are in no window because they are too late; rising. */
  readonly starts: readonly number[]
  readonly late: readonly number[]
  /** How far each stream's sub-blocks are after the batch. */
  readonly blocks: readonly (TimeBlocksState | undefined)[]
}

export interface Scored extends Detrended {
  /** Per record detector: n scores. */
  readonly scores: readonly Float32Array<ArrayBuffer>[]
  readonly segments: readonly Segment[]
  readonly byTime?: TimeCuts
  /** segments x width: sums of the rows' statistics. */
  readonly sums: Float64Array<ArrayBuffer>
  /** Absent where no detector looks at it. */
  readonly previous?: Previous
}

/** A window of a stream became due for evaluation with the given row. */
export interface WindowEvaluation {
  readonly row: number
  /** Of the statistics of its rows. */
  readonly sums: LengthSums
  /** Per window detector, then per chart. */
  readonly scores: readonly number[]
  /** The stream's charts after it, where it has some. */
  readonly charts?: Float64Array
}

export interface Windowed extends Scored {
  /** In the order of their rows. */
  readonly windows: readonly WindowEvaluation[]
}

/** Evaluations of one kind on the common scale. */
export interface Rarity {
  /** a = -log10 lambda of the rarest detector, in decades. */
  readonly a: Float64Array<ArrayBuffer>
  /** Index of that detector among those of its kind. */
  readonly detector: Uint8Array<ArrayBuffer>
  /** Its score over its limit at the budget: 1 = at the limit. */
  readonly effect: Float64Array<ArrayBuffer>
}

export interface Calibrated extends Windowed {
  readonly record: Rarity
  readonly drift: Rarity
  /** Where there is no reference: what its stream's own past says of each record; undefined during the stream's probation. */
  readonly own?: readonly (OwnFinding | undefined)[]
}

export interface Graded extends Calibrated {
  readonly events: readonly AlertEvent[]
  /** For each row whether, after it, its stream has an alert open about its records or its drift. */
  readonly inAlarm: Uint8Array<ArrayBuffer>
  /** Rows with an event time before the latest of their stream. */
  readonly outOfOrder: number
}

/** Gives the memory of a batch's columns back: from now on nothing may read them. */
export function recycle(memory: ArrayMemory, batch: Graded): void {
  const { values, stateOf, times, offsets, arrivals, labels, scores, sums, windows, record, drift, inAlarm, previous, raw } = batch
  memory.give(values, stateOf, times, offsets, arrivals.offsets, arrivals.times, ...scores, sums, inAlarm)
  if (labels !== undefined) memory.give(labels)
  if (previous !== undefined) memory.give(previous.rows)
  for (const evaluation of windows) memory.give(evaluation.sums.sums)
  for (const { a, detector, effect } of [record, drift]) memory.give(a, detector, effect)
  raw?.recycle?.()
}

/** What a batch (or silence) leaves to do: deliver, then commit. */
export interface Outcome {
  readonly partition: Partition
  readonly events: readonly AlertEvent[]
  readonly rejected: readonly DeadLetter[]
  /** Present at checkpoints: the changed streams as they stand after this batch. */
  readonly round: Round | undefined
  /** performance.now() when the batch left the source; undefined when no batch caused this. */
  readonly arrived: number | undefined
  /** Called once everything above is delivered: marks the batch finished in the ledger and gives its credits back. */
  finish(): void
}
