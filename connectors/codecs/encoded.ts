import type { FeatureMap } from '../../kinds/feature-map.js'
import type { Codec, Rejection, Row } from '../codec.js'
import type { Records } from '../records.js'
import { reject } from './rejection.js'

/** A codec of a map's features as one of its columns; the codec itself where they are the same. */
export const encoded = (codec: Codec, { features, encode }: FeatureMap): Codec =>
  encode === undefined ? codec : new EncodedCodec(codec, features.length, encode)

class EncodedCodec implements Codec {
  readonly dtype: Codec['dtype']
  /** The features of the record in hand. */
  readonly #decoded: Row

  constructor(
    private readonly codec: Codec,
    features: number,
    private readonly encode: NonNullable<FeatureMap['encode']>,
  ) {
    this.dtype = codec.dtype
    const values = codec.dtype === 'float32' ? new Float32Array(features) : new Float64Array(features)
    this.#decoded = { values, at: 0, stream: '', time: 0, id: undefined }
  }

  decode(records: Records, index: number, row: Row): Rejection | undefined {
    const decoded = this.#decoded
    decoded.stream = row.stream
    decoded.time = row.time
    decoded.id = row.id
    decoded.label = row.label
    decoded.group = row.group
    const rejection = this.codec.decode(records, index, decoded)
    if (rejection !== undefined) return rejection
    row.stream = decoded.stream
    row.time = decoded.time
    row.id = decoded.id
    row.label = decoded.label
    row.group = decoded.group
    const fault = this.encode(decoded.values, row.values, row.at)
    return fault === undefined ? undefined : reject('not_a_composition', fault)
  }
}
