import type { z } from 'zod'
import type { StreamSnapshot } from '../connectors/store.js'
import { openWindow } from '../detectors/stream-window.js'
import { type Clock, newClock } from './clock.js'
import { packPast, unpackPast } from './past-state.js'
import { PastStream } from './past-stream.js'
import { partitionHeader, type StreamHeader, streamHeader } from './stored-state.js'
import {
  blocksOf,
  chartNumbers,
  newFeed,
  newStream,
  type Partition,
  type StreamShape,
  type StreamState,
  trendNumbers,
  trendOf,
} from './streams.js'
import type { StoredVersions } from './versions.js'

/** What is noted beside the fold of a partition: by sinks, by their names, of its open alerts, and which versions it was folded with. */
export interface Beside {
  readonly notes: Readonly<Record<string, string>>
  readonly versions?: StoredVersions
}

/** Name under which a partition's own state stands among its streams; codecs give no stream an empty name. */
export const PARTITION = ''

/** A stream's folded state: u32 length of the header, header (JSON), padding to 8 bytes, float64 numbers, little-endian. */
export function encodeStream({ folded }: StreamState, reference: string): StreamSnapshot {
  const { sums, ...window } = folded.window.state()
  const { count, clock, time, alarm, alerts, strongest, levels, blocks, trend, last, adapted, charts } = folded
  const own = folded.past?.state()
  const past = own && packPast(own)
  const header: StreamHeader = {
    reference,
    count,
    clock,
    time,
    alarm,
    alerts,
    ...(strongest !== undefined && { strongest }),
    ...(levels !== undefined && { levels }),
    window,
    ...(blocks !== undefined && { blocks }),
    trend: trend !== undefined,
    ...(last !== undefined && { last: true }),
    ...(adapted !== undefined && { adapted }),
    ...(past !== undefined && { past: past.header }),
  }
  const rows = [trend, last].filter((part) => part !== undefined)
  return { lastOffset: folded.offset, state: pack(header, [sums, ...rows, charts, ...(past?.numbers ?? [])]) }
}

/**
 * The stream as it was. A state of another reference (none is named: of any) keeps its alerts, but its window, its charts, its slow mean or copy
 * and the evaluations that k-of-n looks back on begin anew: their numbers mean nothing in the new one's coordinates.
 * Throws an `Error` that names the stream and the mend when the bytes are no state of a stream of this shape.
 */
export function decodeStream(
  name: string,
  snapshot: StreamSnapshot,
  reference: string | undefined,
  shape: StreamShape,
  seen: number,
): StreamState {
  return readable(`stream ${JSON.stringify(name)}`, () => {
    const { header, numbers } = unpack(snapshot.state, streamHeader)
    const fresh = newStream(name, shape, seen)
    const { alarm, alerts, clock, time, strongest, levels } = header
    const kept = { ...fresh.folded, offset: snapshot.lastOffset, clock, time, alerts }
    const ahead = { ...fresh.ahead, offset: snapshot.lastOffset, clock }
    if (header.reference !== reference) return { ...fresh, ahead, folded: { ...kept, alarm: withoutPast(alarm) } }
    const { count, adapted, blocks } = header
    const windowLength = ('blocks' in header.window ? header.window.blocks.length : header.window.closed + 1) * shape.width
    const unseen = (value: number, at: number) => shape.mayMiss === true && at >= windowLength && Number.isNaN(value)
    requireFinite(numbers, unseen)
    const window = openWindow(shape.window, shape.width, { ...header.window, sums: numbers.subarray(0, windowLength) })
    const trend = header.trend ? numbers.slice(windowLength, windowLength + trendNumbers(shape)) : undefined
    const lastAt = windowLength + (trend?.length ?? 0)
    const last = header.last ? numbers.slice(lastAt, lastAt + shape.d) : undefined
    const behind = lastAt + (last?.length ?? 0)
    const charts = numbers.slice(behind, behind + chartNumbers(shape))
    if (charts.length !== chartNumbers(shape))
      throw new Error(`it holds ${charts.length} numbers of charts, expected ${chartNumbers(shape)}`)
    const past = pastOf(header, numbers.subarray(behind + charts.length), shape)
    return {
      ...fresh,
      ahead: { ...ahead, count, trend: trendOf(shape, trend), last, blocks: blocksOf(shape, blocks) },
      folded: { ...kept, count, window, blocks, charts, trend, last, adapted, alarm, strongest, levels, past },
    }
  })
}

/** A stream that no record has come to since its past began anew has none in its state. */
const pastOf = ({ past }: StreamHeader, numbers: Float64Array<ArrayBuffer>, shape: StreamShape): PastStream | undefined =>
  shape.past && new PastStream(shape.d, shape.past, past && unpackPast(past, numbers))

const withoutPast = ({ record, drift, theta }: StreamHeader['alarm']): StreamHeader['alarm'] => ({
  record: { ...record, recent: [] },
  drift: { ...drift, recent: [] },
  theta,
})

/** What belongs to a partition as a whole. */
export type Whole = Pick<Partition, 'feed' | 'clock'>

/** With the clock at the checkpoint before, which counts until the round is complete. */
export type StoredWhole = Whole & { readonly before: Clock }

/** It reflects everything before `end`, its clock perhaps less. Stores know no offset below 0. */
export const encodePartition = ({ feed, clock, before }: StoredWhole, end: number): StreamSnapshot => ({
  lastOffset: Math.max(0, end - 1),
  state: pack({ ...feed, clock, before }, []),
})

/** The partition's state with what is noted beside the fold. */
export const noted = ({ lastOffset, state }: StreamSnapshot, beside: Partial<Beside>): StreamSnapshot => ({
  lastOffset,
  state: pack({ ...unpack(state, partitionHeader).header, ...beside }, []),
})

export function besideOf(snapshot: StreamSnapshot | undefined): Beside {
  if (snapshot === undefined) return { notes: {} }
  const { notes = {}, versions } = unpack(snapshot.state, partitionHeader).header
  return { notes, ...(versions !== undefined && { versions }) }
}

/** @param marker everything before it is reflected in the streams' states too */
export function decodePartition(snapshot: StreamSnapshot | undefined, marker: number | undefined): Whole {
  if (snapshot === undefined) return { feed: newFeed(), clock: newClock }
  return readable('the partition as a whole', () => {
    const { clock, before, notes: _notes, versions: _versions, ...feed } = unpack(snapshot.state, partitionHeader).header
    const { offset, time } = marker === undefined || clock.offset > marker ? before : clock
    return { feed, clock: { offset, time } }
  })
}

function readable<Result>(what: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `the stored state of ${what} cannot be read (${why}): it is damaged or of another release. ` +
        'Run the release that wrote it, or delete the state of this monitor to begin anew',
      { cause: error },
    )
  }
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

function unpack<T>(state: Uint8Array, schema: z.ZodType<T>): { header: T; numbers: Float64Array<ArrayBuffer> } {
  const bytes = Uint8Array.from(state)
  const length = new DataView(bytes.buffer).getUint32(0, true)
  const header: unknown = JSON.parse(Buffer.from(bytes.buffer, 4, length).toString())
  requireShape(header, schema)
  const numbers = new Float64Array(bytes.buffer, align(4 + length))
  return { header, numbers }
}

function requireFinite(numbers: Float64Array, but: (value: number, at: number) => boolean): void {
  if (!numbers.every((value, at) => Number.isFinite(value) || but(value, at))) throw new Error('it holds a number that is not finite')
}

/** The schema only looks: its copy would have the fields in another order, and would be written as other bytes. */
function requireShape<T>(value: unknown, schema: z.ZodType<T>): asserts value is T {
  const { error } = schema.safeParse(value)
  if (error === undefined) return
  const [{ path, message }] = error.issues
  throw new Error(`field "${path.join('.')}": ${message}`)
}

const align = (length: number): number => Math.ceil(length / 8) * 8
