import { pictureReasons } from '../pictures/fault.js'
import { fetchReasons } from './pictures/rules.js'
import type { Records } from './records.js'

/** Why a record could not become a row of numbers. */
export const rejectReasons = [
  'empty',
  'too_large',
  'too_deep',
  'undecodable',
  'dimension',
  'missing_feature',
  'extra_feature',
  'not_a_number',
  'not_finite',
  'not_a_composition',
  'no_stream',
  'bad_time',
  'time_out_of_range',
  'stream_limit',
  ...pictureReasons,
  ...fetchReasons,
  'not_embedded',
] as const
export type RejectReason = (typeof rejectReasons)[number]

export interface Rejection {
  readonly reason: RejectReason
  /** One line for a person: which field, what stood there, what was expected. Never more than 200 characters of payload. */
  readonly detail: string
}

/** The bytes of a picture file, or where to fetch them from. */
export type Picture = { readonly bytes: Uint8Array } | { readonly uri: string }

/** The values of a batch, row-major n x d. */
export type Values = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

/** The row that a codec fills. One object is reused for all records of a batch. */
export interface Row {
  /** The batch's whole values; the codec writes d numbers from index `at` on. */
  values: Values
  at: number
  /** Name of the stream; the codec leaves the given default when none is configured. */
  stream: string
  /** Event time in ms since the epoch; the codec leaves the record's timestamp when none is configured. */
  time: number
  /** The record's own id, if the codec is told where it stands. */
  id: string | undefined
  /** The record's label, if the codec is told where it stands and there is one. */
  label?: string | undefined
  /** The record's group, if the codec is to read it and there is one. */
  group?: string | undefined
}

/**
 * Turns the bytes of the record at `index` into one row of features. Pure: no state between records, never throws on
 * bad input, returns the rejection instead. What it wrote into a rejected row is overwritten by the next one.
 */
export interface Codec {
  readonly dtype: 'float32' | 'float64'
  /** Only of records of pictures: the picture of one, or why it has none. `decode` takes records that have been embedded. */
  picture?(records: Records, index: number): Picture | Rejection
  decode(records: Records, index: number, row: Row): Rejection | undefined
}
