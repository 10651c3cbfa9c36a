import type { KafkaMessage } from 'kafkajs'
import { BufferColumn, Records } from '../records.js'

/** A batch that is handed over has at most so many records and payload bytes; a longer record comes alone. */
export const maxRecords = 1024
export const maxBytes = 1024 * 1024

/** Part of what one fetch returned. */
export interface Portion {
  readonly records: Records
  readonly bytes: number
}

/** Cuts messages into portions, leaving out what stands at `until` and after it. */
export function* portions(messages: readonly KafkaMessage[], until: number): Generator<Portion> {
  let first = 0
  let bytes = 0
  let next = 0
  for (; next < messages.length; next++) {
    const { offset, key, value } = messages[next]
    if (Number(offset) >= until) break
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

const toRecords = (messages: readonly KafkaMessage[]): Records =>
  new Records(
    Float64Array.from(messages, ({ offset }) => Number(offset)),
    Float64Array.from(messages, ({ timestamp }) => Number(timestamp)),
    new BufferColumn(messages.map(({ key }) => key)),
    new BufferColumn(messages.map(({ value }) => value)),
    (index) => messages[index].headers,
  )
