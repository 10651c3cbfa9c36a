import type { Values } from '../connectors/codec.js'
import type { DeadLetter } from '../connectors/sink.js'
import type { Lease } from '../connectors/source.js'

/**
 * The unit that travels: records of one partition, in offset order, as parallel columns.
 * Row i is values[i*d .. i*d+d), of stream streams[streamOf[i]], at event time times[i], at offset offsets[i].
 */
export interface Batch {
  readonly lease: Lease
  readonly n: number
  readonly d: number
  readonly values: Values
  /** Distinct stream names in this batch, and for each row the index into them. */
  readonly streams: readonly string[]
  readonly streamOf: Int32Array<ArrayBuffer>
  /** Event times, ms since the epoch (data time: never decreasing within a stream once folded). */
  readonly times: Float64Array
  readonly offsets: Float64Array
  readonly ids: readonly (string | undefined)[] | undefined
  /** Records that could not be decoded. */
  readonly rejected: readonly DeadLetter[]
  /** The offset after the batch's last record, rejected ones included. */
  readonly end: number
  readonly bytes: number
  /** performance.now() when the batch left the source. */
  readonly arrived: number
}
