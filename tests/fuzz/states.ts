import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import type { KafkaMessage } from 'kafkajs'
import { expect } from 'vitest'
import { advance } from '../../alerts/lifecycle.js'
import { relax, step } from '../../calibration/alarm.js'
import { parseKey, parseValue, toRecords } from '../../connectors/kafka/state-records.js'
import { decodeState, encodeState } from '../../connectors/stores/state-file.js'
import { newClock } from '../../pipelines/clock.js'
import { decodePartition, decodeStream, encodePartition, encodeStream } from '../../pipelines/snapshot.js'
import { newFeed, newStream, type StreamState } from '../../pipelines/streams.js'
import { seen, source } from '../alerts/builders.js'
import { partitionAt } from '../pipelines/builders.js'
import { stateFileCorpus, stateKeyCorpus, streamHeaderCorpus } from './corpus/states.js'
import { editedBytes, editJson, hostileNames, type JsonEdit, jsonEdits } from './edits.js'
import type { Target } from './fuzzer.js'

const shape = { d: 2, width: 2, window: { size: 8, hop: 4 }, detrend: 0.1 }
const params = {
  bar: 1,
  logic: { window: shape.window, record: { k: 2, n: 3, gap: 2 }, drift: { k: 1, n: 1, gap: 2 } },
  relativeClearing: true,
  decay: 0.01,
}
const policy = { lowerAfter: 3, updateEvery: 2000 }
const owner = { monitor: 'm', topic: 't', partition: 0 }

/** Folds a few records into a stream, as the pipeline does. */
function goOn(state: StreamState): void {
  const { folded, ahead } = state
  for (let i = 0; i < 12; i++) {
    const a = i % 3
    ahead.trend?.step(Float64Array.of(a, -a), 0)
    folded.count++
    folded.offset++
    folded.trend = ahead.trend?.state()
    const full = folded.window.push(Float64Array.of(a, -a), 0, 1, 0)
    if (full) expect([...folded.window.sums(new Float64Array(shape.d)).sums].every(Number.isFinite)).toBe(true)
    for (const kind of ['record', 'drift'] as const) {
      const outcome = step(folded.alarm, kind, { a, effect: a }, params)
      const next = advance(folded.alerts[kind], seen(i, outcome), policy, { ...source, kind })
      if (next.state === undefined) delete folded.alerts[kind]
      else folded.alerts[kind] = next.state
    }
    relax(folded.alarm, params.decay)
  }
}

const stream = newStream('a', shape, 0)
goOn(stream)
const snapshot = encodeStream(stream, 'r1')
const headerLength = Buffer.from(snapshot.state).readUInt32LE(0)
const header: unknown = JSON.parse(Buffer.from(snapshot.state).toString('utf8', 4, 4 + headerLength))
const numbers = snapshot.state.subarray(Math.ceil((4 + headerLength) / 8) * 8)

/** A state with another header before the same numbers. */
function withHeader(json: string, tail: Uint8Array = numbers): Buffer {
  const start = Math.ceil((4 + Buffer.byteLength(json)) / 8) * 8
  const bytes = Buffer.alloc(start + tail.length)
  bytes.writeUInt32LE(Buffer.byteLength(json))
  bytes.write(json, 4)
  bytes.set(tail, start)
  return bytes
}
const withEdits = (edits: readonly JsonEdit[]) => withHeader(JSON.stringify(editJson(header, edits)))

/** Refused by an error that says what to do, or a state that the pipeline can go on from and write again. */
export const streamTarget = (): Target<Uint8Array> => ({
  name: 'the state of a stream',
  corpus: [...streamHeaderCorpus.map((json) => withHeader(json)), withHeader(JSON.stringify(header), Buffer.alloc(numbers.length, 0xff))],
  cases: fc.oneof(
    editedBytes(fc.constant(snapshot.state)),
    jsonEdits.map(withEdits),
    fc.uint8Array({ minLength: numbers.length, maxLength: numbers.length }).map((tail) => withHeader(JSON.stringify(header), tail)),
  ),
  runs: 1200,
  attempt(bytes) {
    for (const reference of ['r1', 'r2']) {
      const state = refusedOr(/cannot be read .* delete the state of this monitor/s, () =>
        decodeStream('a', { ...snapshot, state: bytes }, reference, shape, 0),
      )
      if (state === undefined) continue
      goOn(state)
      expect(() => decodeStream('a', encodeStream(state, 'r1'), 'r1', shape, 0)).not.toThrow()
    }
  },
})

const partition = partitionAt(5)
partition.feed = {
  ...newFeed(),
  offset: 8,
  rejects: { filled: 3, counts: { empty: 1 }, full: [{ empty: 2 }], high: true, time: 4 },
  alerts: {},
}
const whole = { feed: partition.feed, clock: partition.clock, before: newClock }
const feed = encodePartition(whole, 9)

export const partitionTarget = (): Target<Uint8Array> => ({
  name: 'the state of a partition',
  corpus: streamHeaderCorpus.map((json) => withHeader(json, Buffer.alloc(0))),
  cases: fc.oneof(
    editedBytes(fc.constant(feed.state)),
    jsonEdits.map((edits) =>
      withHeader(JSON.stringify(editJson({ ...partition.feed, clock: partition.clock, before: newClock }, edits)), Buffer.alloc(0)),
    ),
  ),
  runs: 700,
  attempt(bytes) {
    const read = refusedOr(/cannot be read .* delete the state of this monitor/s, () => decodePartition({ ...feed, state: bytes }, 9))
    if (read === undefined) return
    expect(decodePartition(encodePartition({ ...read, before: read.clock }, 9), 9)).toEqual(read)
  },
})

const file = encodeState(owner, {
  offset: 9,
  streams: new Map([
    ['a', snapshot],
    ['b/ü', { lastOffset: 3, state: Buffer.of(1, 2) }],
  ]),
})
const fileHead: unknown = JSON.parse(file.toString('utf8', file.indexOf('\n') + 1, file.indexOf('\n', file.indexOf('\n') + 1)))

/** A state file with its checksum put right, as somebody would who knows the layout. */
const sealed = (body: Buffer): Buffer => {
  const whole = Buffer.concat([Buffer.from('driftwatch-state 1 00000000\n'), body])
  return Buffer.concat([Buffer.from(`driftwatch-state 1 ${crc32(body).toString(16).padStart(8, '0')}\n`), whole.subarray(28)])
}

export const stateFileTarget = (): Target<Uint8Array> => ({
  name: 'a state file',
  corpus: stateFileCorpus.flatMap((text) => [Buffer.from(text), sealed(Buffer.from(text))]),
  cases: fc.oneof(
    editedBytes(fc.constant(file)),
    editedBytes(fc.constant(file.subarray(28))).map(sealed),
    jsonEdits.map((edits) => sealed(Buffer.from(`${JSON.stringify(editJson(fileHead, edits))}\n0123456789`))),
  ),
  runs: 700,
  attempt(bytes) {
    const state = refusedOr(/./, () => decodeState(Buffer.from(bytes), owner))
    for (const [name, { lastOffset, state: held }] of state?.streams ?? []) {
      expect(typeof name).toBe('string')
      expect(Number.isSafeInteger(lastOffset)).toBe(true)
      expect(held.length).toBeLessThanOrEqual(bytes.length)
    }
  },
})

const round = { lease: { topic: 't', partition: 0, revoked: false }, offset: 9, streams: new Map([['a', snapshot]]), forgotten: [] }
const records = [...toRecords('m', round)].map(({ key, value }) => ({ key: Buffer.from(String(key)), value: value as Buffer }))

export const stateRecordTarget = (): Target<Pick<KafkaMessage, 'key' | 'value'>> => {
  const keys = fc.oneof(
    ...records.map(({ key }) => editedBytes(fc.constant(key))),
    fc
      .array(fc.oneof(fc.constantFrom(...hostileNames), fc.jsonValue()), { maxLength: 5 })
      .map((parts) => Buffer.from(JSON.stringify(parts))),
  )
  const values = fc.oneof(...records.map(({ value }) => editedBytes(fc.constant(value))), fc.uint8Array({ maxLength: 20 }).map(Buffer.from))
  return {
    name: 'a record of the state topic',
    corpus: stateKeyCorpus.map((key) => ({ key: Buffer.from(key), value: Buffer.alloc(9, 0xff) })),
    cases: fc.record({ key: fc.option(keys, { nil: null, freq: 20 }), value: fc.option(values, { nil: null, freq: 20 }) }),
    runs: 700,
    attempt(record) {
      const message = { ...record, offset: '0', timestamp: '0', attributes: 0, headers: {} }
      const key = refusedOr(/^here: is no state of Driftwatch/, () => parseKey(message, 'here'))
      if (key !== undefined) expect(Number.isSafeInteger(key.partition)).toBe(true)
      const value = refusedOr(/^here: holds state/, () => parseValue(message, 'here'))
      if (value !== undefined) expect(Number.isSafeInteger(value.lastOffset)).toBe(true)
    },
  }
}

/** What `read` gives; undefined when it refuses in the words that a person can act on. */
function refusedOr<Result>(words: RegExp, read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(words)
    expect((error as Error).message.length).toBeLessThan(5000)
    return undefined
  }
}
