import type { Codec, Rejection } from '../../connectors/codec.js'
import { reject } from '../../connectors/codecs/rejection.js'
import type { Records } from '../../connectors/records.js'

/** A "picture" of the numbers, for codecs of pictures: float32, as a made-up backbone gives them back. */
export const pictureOf = (features: readonly number[]): Buffer => Buffer.from(Float32Array.from(features).buffer)

/** Where such a picture is to be had. */
export const uriOf = (features: readonly number[]): string => `made-up:${pictureOf(features).toString('hex')}`

/** The records as they are decoded: with what the made-up backbone gives of d features of each, where they are pictures. */
export function embedded(codec: Codec, records: Records, d: number): Records {
  if (codec.picture === undefined) return records
  const rows = new Float32Array(records.length * d)
  const rejections = Array.from({ length: records.length }, (_, i): Rejection | undefined => {
    const picture = codec.picture!(records, i)
    if ('reason' in picture) return picture
    const bytes = 'bytes' in picture ? picture.bytes : Buffer.from(picture.uri.replace(/^made-up:/, ''), 'hex')
    if (bytes.length !== 4 * d) return reject('picture_format', `found ${bytes.length} bytes; expected ${4 * d}`)
    rows.set(new Float32Array(new Uint8Array(bytes).buffer), i * d)
    return undefined
  })
  return records.withEmbedded({ rows, d, rejections })
}
