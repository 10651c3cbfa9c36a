import { type Compression, compressions } from '../compression.js'
import { damaged, RecordBatchError } from './record-batch-error.js'

/** The header of a record batch, format 2 (kafka.apache.org/documentation/#recordbatch). Positions are in the record set. */
export interface BatchHeader {
  /** First and last offset that the batch stands for; compaction may have taken the records themselves. */
  readonly firstOffset: number
  readonly lastOffset: number
  readonly compression: Compression
  /** Milliseconds since the epoch, of which the records give their distance; or, with `appendTime`, the time of all. */
  readonly timestamp: number
  readonly appendTime: boolean
  readonly transactional: boolean
  /** Holds a mark (commit or abort) instead of records. */
  readonly control: boolean
  readonly producerId: bigint
  readonly count: number
  /** Where the records are, packed or not. */
  readonly start: number
  readonly end: number
  /** CRC-32C of everything from `checkedFrom` to the end. */
  readonly crc: number
  readonly checkedFrom: number
}

/** Bytes before the length counts, and from the length to the first record. */
const lengthEnd = 12
const headerLength = 61

/**
 * The batches of a record set in order. The broker cuts where its limit of bytes is, so the last one may be there in
 * part: it is left out. Throws a `RecordBatchError` for what is no batch of format 2.
 */
export function* batchesOf(set: Buffer): Generator<BatchHeader> {
  let last = -1
  for (let at = 0; at + lengthEnd <= set.length; ) {
    const length = set.readInt32BE(at + 8)
    if (at + lengthEnd + 5 > set.length) return
    const format = set.readInt8(at + 16)
    if (format === 0 || format === 1) throw oldFormat(format)
    if (format !== 2) throw new RecordBatchError(`a record batch in message format ${format}; expected format 2`)
    if (length < headerLength - lengthEnd) throw damaged(`a record batch of ${length} bytes`)
    const end = at + lengthEnd + length
    if (end > set.length) return
    const header = readHeader(set, at, end)
    if (header.firstOffset <= last) throw damaged(`a record batch from offset ${header.firstOffset} after one up to ${last}`)
    yield header
    last = header.lastOffset
    at = end
  }
}

const oldFormat = (format: number) =>
  new RecordBatchError(
    `records in message format ${format}, of producers or topics from before Kafka 0.11; driver: columnar reads format 2: read them with driver: kafkajs`,
  )

function readHeader(set: Buffer, at: number, end: number): BatchHeader {
  const attributes = set.readInt16BE(at + 21)
  const compression = compressions[attributes & 7]
  if (compression === undefined) throw new RecordBatchError(`a record batch with compression ${attributes & 7}, which no Kafka has`)
  const appendTime = (attributes & 8) !== 0
  const firstOffset = Number(set.readBigInt64BE(at))
  const lastOffset = firstOffset + set.readInt32BE(at + 23)
  if (!(firstOffset >= 0 && lastOffset >= firstOffset && lastOffset < Number.MAX_SAFE_INTEGER))
    throw damaged(`a record batch from offset ${firstOffset} to ${lastOffset}`)
  const count = set.readInt32BE(at + 57)
  if (count < 0) throw damaged(`a record batch of ${count} records`)
  return {
    firstOffset,
    lastOffset,
    compression,
    timestamp: Number(set.readBigInt64BE(at + (appendTime ? 35 : 27))),
    appendTime,
    transactional: (attributes & 16) !== 0,
    control: (attributes & 32) !== 0,
    producerId: set.readBigInt64BE(at + 43),
    count,
    start: at + headerLength,
    end,
    crc: set.readUInt32BE(at + 17),
    checkedFrom: at + 21,
  }
}
