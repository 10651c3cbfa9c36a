import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { harmless } from '../../telemetry/terminal.js'
import type { PartitionRef } from '../source.js'
import type { StoredState, StreamSnapshot } from '../store.js'

/**
 * One partition's state as bytes: a line `driftwatch-state 1 <crc32>`, a line of JSON (partition, marker, and per stream its
 * name, lastOffset and length), then the streams' bytes one after the other. The checksum covers all after the first line.
 */
const magic = 'driftwatch-state'
const version = 1

const offset = z.int().min(0)
const layout = z.strictObject({
  monitor: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: offset.nullable(),
  streams: z.array(z.tuple([z.string(), offset, z.int().min(0)])),
})

export interface Owner extends PartitionRef {
  readonly monitor: string
}

export function encodeState({ monitor, topic, partition }: Owner, { offset, streams }: StoredState): Buffer {
  const entries = [...streams].map(([name, { lastOffset, state }]) => [name, lastOffset, state.length])
  const head = JSON.stringify({ monitor, topic, partition, offset: offset ?? null, streams: entries })
  const body = Buffer.concat([Buffer.from(`${head}\n`), ...[...streams.values()].map(({ state }) => state)])
  return Buffer.concat([Buffer.from(`${magic} ${version} ${checksum(body)}\n`), body])
}

/** Throws an `Error` that says what is wrong with the bytes (not where they stand). */
export function decodeState(bytes: Buffer, owner: Owner): StoredState {
  const first = bytes.indexOf('\n')
  const [name, schema, sum] = bytes.toString('latin1', 0, Math.max(0, first)).split(' ')
  if (name !== magic) throw new Error('it is no state file')
  if (schema !== String(version)) throw new Error(`it has schema version ${schema.slice(0, 20)}, this release reads ${version}`)
  const body = bytes.subarray(first + 1)
  if (checksum(body) !== sum) throw new Error('its checksum does not match: it is cut off or damaged')
  const second = body.indexOf('\n')
  const { data: head, error } = layout.safeParse(JSON.parse(body.toString('utf8', 0, second)))
  if (error !== undefined) throw new Error(`its field "${error.issues[0].path.join('.')}": ${error.issues[0].message}`)
  if (head.monitor !== owner.monitor || head.topic !== owner.topic || head.partition !== owner.partition) {
    throw new Error(`it belongs to monitor "${harmless(head.monitor, 80)}", ${harmless(head.topic, 80)}/${head.partition}`)
  }
  return { offset: head.offset ?? undefined, streams: cut(body.subarray(second + 1), head.streams) }
}

function cut(bytes: Buffer, entries: z.output<typeof layout>['streams']): Map<string, StreamSnapshot> {
  const streams = new Map<string, StreamSnapshot>()
  let at = 0
  for (const [name, lastOffset, length] of entries) {
    streams.set(name, { lastOffset, state: bytes.subarray(at, at + length) })
    at += length
  }
  if (at !== bytes.length) throw new Error(`its streams should take ${at} bytes, but ${bytes.length} follow`)
  return streams
}

const checksum = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0')
