import type { KafkaMessage, Message } from 'kafkajs'
import { z } from 'zod'
import type { PartitionRef } from '../source.js'
import type { Round, StreamSnapshot } from '../store.js'

/*
 * Layout of the state topic. Key: JSON, [monitor, topic, partition, stream] of a stream's state,
 * [monitor, topic, partition] of the marker. Value: 1 byte layout version, 8 bytes offset (big endian), then the state.
 */

const version = 1
const headerBytes = 9

const owner = [z.string(), z.string(), z.int().min(0)] as const
const keySchema = z.union([z.tuple([...owner, z.string()]), z.tuple([...owner])])

/** Whose state a record holds; the marker of a finished round has no stream. */
export interface StateKey extends PartitionRef {
  readonly monitor: string
  readonly stream: string | undefined
}

/** The records of a round: streams, marker, a tombstone for each stream that is forgotten. All go to the state topic's partition of the same number as the input's. */
export function* toRecords(monitor: string, { lease: { topic, partition }, offset, streams, forgotten }: Round): Generator<Message> {
  const key = (...stream: string[]) => JSON.stringify([monitor, topic, partition, ...stream])
  for (const [stream, { lastOffset, state }] of streams) {
    yield { partition, key: key(stream), value: toValue(lastOffset, state) }
  }
  yield { partition, key: key(), value: toValue(offset, new Uint8Array()) }
  for (const stream of forgotten) yield { partition, key: key(stream), value: null }
}

function toValue(offset: number, state: Uint8Array): Buffer {
  const value = Buffer.alloc(headerBytes + state.length)
  value.writeUInt8(version, 0)
  value.writeBigUInt64BE(BigInt(offset), 1)
  value.set(state, headerBytes)
  return value
}

/** Reads the key of a record at `where`. Throws when it is none of ours. */
export function parseKey({ key }: KafkaMessage, where: string): StateKey {
  try {
    const [monitor, topic, partition, stream] = keySchema.parse(JSON.parse(String(key)))
    return { monitor, topic, partition, stream }
  } catch (error) {
    throw new Error(`${where}: is no state of Driftwatch; give the state a topic of its own`, { cause: error })
  }
}

/** Reads the value of a record at `where`; undefined where the state was deleted. Throws on another layout. */
export function parseValue({ value }: KafkaMessage, where: string): StreamSnapshot | undefined {
  if (value === null) return undefined
  const found = value[0]
  const lastOffset = value.length >= headerBytes ? Number(value.readBigUInt64BE(1)) : Number.NaN
  // A copy: a view would keep the whole fetch in memory.
  if (found === version && Number.isSafeInteger(lastOffset)) return { lastOffset, state: new Uint8Array(value.subarray(headerBytes)) }
  throw new Error(
    `${where}: holds state in layout ${found ?? 'none'}, this Driftwatch reads layout ${version}; run the version that wrote it, or name another state topic to begin anew`,
  )
}
