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
  offset: Number(offset),
  timestamp: Number(timestamp),
  key,
  value,
  headers,
})
