import type { KafkaMessage } from 'kafkajs'
import type { RawRecord } from '../source.js'

const maxRecords = 1024
const maxBytes = 1024 * 1024

/** Part of what one fetch returned. */
export interface Portion {
  readonly records: RawRecord[]
  readonly bytes: number
}

/**
 * Cuts messages into portions of at most 1,024 records and about 1 MiB (a longer record comes alone),
 * leaving out what stands at `until` and after it.
 */
export function* portions(messages: readonly KafkaMessage[], until: number): Generator<Portion> {
  let records: RawRecord[] = []
  let bytes = 0
  for (const message of messages) {
    const record = toRecord(message)
    if (record.offset >= until) break
    const size = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (records.length === maxRecords || (records.length > 0 && bytes + size > maxBytes)) {
      yield { records, bytes }
      records = []
      bytes = 0
    }
    records.push(record)
    bytes += size
  }
  if (records.length > 0) yield { records, bytes }
}

const toRecord = ({ offset, timestamp, key, value, headers }: KafkaMessage): RawRecord => ({
  offset: fromText(offset),
  timestamp: fromText(timestamp),
  key,
  value,
  headers,
})

const [minus, zero] = [0x2d, 0x30]

/** kafkajs writes integers of 64 bits as decimal text. `Number` takes several times as long for texts of more than nine digits. */
function fromText(text: string): number {
  if (text.charCodeAt(0) === minus) return Number(text)
  let value = 0
  for (let i = 0; i < text.length; i++) value = 10 * value + (text.charCodeAt(i) - zero)
  return value
}
