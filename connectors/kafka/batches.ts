import type { KafkaMessage } from 'kafkajs'
import { BufferColumn, Records } from '../records.js'

/** A batch that is handed over has at most so many records and payload bytes; a longer record comes alone. */
export const maxRecords = 1024
export const maxBytes = 1024 * 1024

/** Part of what one fetch returned. */
export interface Portion {
  readonly records: Records
  readonly bytes: number
  /** As of a `RawBatch`. */
  recycle?(): void
}

/** Cuts messages into portions, leaving out what stands at `until` and after it. */
export function* portions(messages: readonly KafkaMessage[], until: number): Generator<Portion> {
  let first = 0
  let bytes = 0
  let next = 0
  for (; next < messages.length; next++) {
    const { offset, key, value } = messages[next]
    if (until < Number.POSITIVE_INFINITY && Number(offset) >= until) break
    const size = (key?.length ?? 0) + (value?.length ?? 0)
    if (next - first === maxRecords || (next > first && bytes + size > maxBytes)) {
      yield { records: toRecords(messages.slice(first, next)), bytes }
      first = next
      bytes = 0
    }
    bytes += size
  }
  if (next > first) yield { records: toRecords(messages.slice(first, next)), bytes }
}

function toRecords(messages: readonly KafkaMessage[]): Records {
  const offsets = new Float64Array(messages.length)
  const timestamps = new Float64Array(messages.length)
  for (let i = 0; i < messages.length; i++) {
    offsets[i] = fromText(messages[i].offset)
    timestamps[i] = fromText(messages[i].timestamp)
  }
  const keys = new BufferColumn(messages.map(({ key }) => key))
  const values = new BufferColumn(messages.map(({ value }) => value))
  return new Records(offsets, timestamps, keys, values, (index) => messages[index].headers)
}

const [minus, zero] = [0x2d, 0x30]

/** kafkajs writes integers of 64 bits as decimal text. `Number` takes several times as long for texts of more than nine digits. */
function fromText(text: string | undefined): number {
  // Messages of format 0 have no timestamp.
  if (text === undefined) return Number.NaN
  if (text.charCodeAt(0) === minus) return Number(text)
  let value = 0
  for (let i = 0; i < text.length; i++) value = 10 * value + (text.charCodeAt(i) - zero)
  return value
}
