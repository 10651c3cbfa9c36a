import { noRejects } from '../alerts/feed.js'
import type { SeenRecord } from '../alerts/lifecycle.js'
import type { StreamAlarm } from '../calibration/alarm.js'
import type { StreamSnapshot } from '../connectors/store.js'
import { BlockWindow } from '../detectors/block-window.js'
import { type Alerts, newStream, type Partition, type StreamShape, type StreamState, slowMean } from './streams.js'

/** Name under which a partition's own state stands among its streams; codecs give no stream an empty name. */
export const PARTITION = ''

/** What precedes the numbers of the window and of the slow mean, as JSON. */
interface Header {
  readonly reference: string
  readonly count: number
  readonly time: number
  readonly alarm: StreamAlarm & { theta: number }
  readonly alerts: Alerts
  readonly strongest?: SeenRecord
  readonly window: { readonly closed: number; readonly open: number }
  readonly trend: boolean
}

/** A stream's folded state: u32 length of the header, header (JSON), padding to 8 bytes, float64 numbers, little-endian. */
export function encodeStream({ folded }: StreamState, reference: string): StreamSnapshot {
  const { closed, open, sums } = folded.window.state()
  const { count, time, alarm, alerts, strongest, trend } = folded
  const header: Header = {
    reference,
    count,
    time,
    alarm,
    alerts,
    ...(strongest !== undefined && { strongest }),
    window: { closed, open },
    trend: trend !== undefined,
  }
  return { lastOffset: folded.offset, state: pack(header, [sums, ...(trend === undefined ? [] : [trend])]) }
}

/**
 * The stream as it was. A state of another reference keeps its alerts, but its window and slow mean begin anew:
 * their numbers mean nothing in the new one's coordinates.
 */
export function decodeStream(name: string, snapshot: StreamSnapshot, reference: string, shape: StreamShape, seen: number): StreamState {
  const { header, numbers } = unpack<Header>(snapshot.state)
  const fresh = newStream(name, shape, seen)
  const { alarm, alerts, time, strongest } = header
  const kept = { ...fresh.folded, offset: snapshot.lastOffset, time, alarm, alerts }
  const ahead = { ...fresh.ahead, offset: snapshot.lastOffset }
  if (header.reference !== reference) return { ...fresh, ahead, folded: kept }
  const { count } = header
  const windowLength = (header.window.closed + 1) * shape.d
  const window = new BlockWindow(shape.window, shape.d, { ...header.window, sums: numbers.subarray(0, windowLength) })
  const trend = header.trend ? numbers.slice(windowLength, windowLength + shape.d) : undefined
  return {
    ...fresh,
    ahead: { ...ahead, count, trend: slowMean(shape, trend) },
    folded: { ...kept, count, window, trend, strongest },
  }
}

/** What belongs to the partition as a whole; it reflects everything before `end`. */
export const encodePartition = ({ feed }: Partition, end: number): StreamSnapshot => ({
  lastOffset: end - 1,
  state: pack(feed, []),
})

export function decodePartition(snapshot: StreamSnapshot | undefined): Partition['feed'] {
  return snapshot === undefined ? { rejects: noRejects, alerts: {} } : unpack<Partition['feed']>(snapshot.state).header
}

function pack(header: object, numbers: readonly Float64Array[]): Uint8Array {
  const json = Buffer.from(JSON.stringify(header))
  const start = align(4 + json.length)
  const bytes = new Uint8Array(start + numbers.reduce((sum, { byteLength }) => sum + byteLength, 0))
  new DataView(bytes.buffer).setUint32(0, json.length, true)
  bytes.set(json, 4)
  let at = start
  for (const part of numbers) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at)
    at += part.byteLength
  }
  return bytes
}

function unpack<T>(state: Uint8Array): { header: T; numbers: Float64Array<ArrayBuffer> } {
  const bytes = Uint8Array.from(state)
  const length = new DataView(bytes.buffer).getUint32(0, true)
  const header = JSON.parse(Buffer.from(bytes.buffer, 4, length).toString()) as T
  return { header, numbers: new Float64Array(bytes.buffer, align(4 + length)) }
}

const align = (length: number): number => Math.ceil(length / 8) * 8
