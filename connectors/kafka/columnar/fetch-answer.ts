import Decoder from 'kafkajs/src/protocol/decoder.js'
import type { PartitionRef } from '../../source.js'
import type { AbortedTransaction } from './aborted-transactions.js'

/** What a fetch brought of one partition. */
export interface FetchedPartition extends PartitionRef {
  /** 0, or why there are no records (kafka.apache.org/protocol#protocol_error_codes). */
  readonly errorCode: number
  /** The offset after the log's last record. */
  readonly end: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

/** The fault of the whole answer, or its partitions. */
export interface FetchAnswer {
  readonly errorCode: number
  readonly partitions: readonly FetchedPartition[]
}

/** Reads the answer to a fetch of version 11; the records stay as they came. */
export function readFetchAnswer(payload: Buffer): FetchAnswer {
  const decoder = new Decoder(payload)
  decoder.readInt32() // throttle time: heeded where the answer arrives
  const errorCode = decoder.readInt16()
  decoder.readInt32() // session
  const topics = decoder.readArray((decoder) => {
    const topic = decoder.readString()
    return decoder.readArray((decoder) => readPartition(decoder, topic))
  })
  return { errorCode, partitions: topics.flat() }
}

function readPartition(decoder: Decoder, topic: string): FetchedPartition {
  const partition = decoder.readInt32()
  const errorCode = decoder.readInt16()
  const end = readOffset(decoder)
  readOffset(decoder) // last stable offset
  readOffset(decoder) // log start
  const aborted = decoder.readArray((decoder) => ({
    producerId: BigInt(decoder.readInt64().toString()),
    firstOffset: readOffset(decoder),
  }))
  decoder.readInt32() // preferred read replica
  return { topic, partition, errorCode, end, aborted, records: decoder.readBytes() ?? Buffer.alloc(0) }
}

const readOffset = (decoder: Decoder): number => Number(decoder.readInt64().toString())
