import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from '../../alerts/lifecycle.js'
import { relax, step } from '../../calibration/alarm.js'
import { newClock } from '../../pipelines/clock.js'
import { decodePartition, decodeStream, encodePartition, encodeStream } from '../../pipelines/snapshot.js'
import { newFeed, newStream, type StreamShape, type StreamState } from '../../pipelines/streams.js'
import { seen, source } from '../alerts/builders.js'
import { partitionAt } from './builders.js'

const params = {
  bar: 1,
  logic: { window: { size: 8, hop: 4 }, record: { k: 2, n: 3, gap: 2 }, drift: { k: 1, n: 1, gap: 2 } },
  relativeClearing: true,
  decay: 0.01,
}
const policy = { lowerAfter: 3, updateEvery: 2000 }
const shapeOf = (detrend: number): StreamShape => ({ d: 3, width: 3, window: params.logic.window, charts: 2, detrend })

/** Folds records into a stream as the pipeline does, given the rarity of each. */
function folded(rarities: readonly number[], { detrend }: StreamShape): StreamState {
  const state = newStream('tenant-ü/1', shapeOf(detrend), 0)
  const { folded, ahead } = state
  rarities.forEach((a, i) => {
    const row = Float64Array.of(a, -a / 3, Math.sin(a + i))
    ahead.count = ++folded.count
    ahead.offset = folded.offset = 3 * i
    folded.time = 1000 * i
    ahead.trend?.step(row, 0)
    folded.trend = ahead.trend?.state()
    folded.window.push(row, 0, 1, 0)
    folded.charts.set([a, folded.time, folded.offset], i % 2 === 0 ? 0 : 3)
    folded.strongest = { offset: folded.offset, time: folded.time, score: Math.abs(a), decades: a, ...(i % 2 === 0 && { id: `"${i}"` }) }
    for (const kind of ['record', 'drift'] as const) {
      const outcome = step(folded.alarm, kind, { a, effect: Math.abs(a) }, params)
      const next = advance(folded.alerts[kind], seen(i, outcome), policy, { ...source, kind })
      if (next.state === undefined) delete folded.alerts[kind]
      else folded.alerts[kind] = next.state
    }
    relax(folded.alarm, params.decay)
  })
  return state
}

/** The state with another header: u32 length, JSON, padding to 8 bytes, numbers. */
function withHeader(state: Uint8Array, change: (header: string) => string): Uint8Array {
  const bytes = Buffer.from(state)
  const end = 4 + bytes.readUInt32LE(0)
  const header = Buffer.from(change(bytes.toString('utf8', 4, end)).replaceAll(',}', '}'))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  const padding = Buffer.alloc((8 - ((4 + header.length) % 8)) % 8)
  return Buffer.concat([length, header, padding, bytes.subarray(Math.ceil(end / 8) * 8)])
}

describe('the state of a stream', () => {
  // JSON knows no -0; nothing asks for its sign.
  const rarities = fc.array(
    fc.double({ min: -12, max: 12, noNaN: true }).map((a) => a + 0),
    { maxLength: 40 },
  )
  const detrends = fc.constantFrom(0, 1 / 7)

  it('comes back from its bytes as it was, wherever the bytes lie', () => {
    fc.assert(
      fc.property(rarities, detrends, fc.nat({ max: 9 }), (values, detrend, shift) => {
        const state = folded(values, shapeOf(detrend))
        const { lastOffset, state: bytes } = encodeStream(state, 'r1')
        const moved = new Uint8Array(bytes.length + shift)
        moved.set(bytes, shift)
        const back = decodeStream(state.name, { lastOffset, state: moved.subarray(shift) }, 'r1', shapeOf(detrend), 0)
        const { window, ...rest } = back.folded
        const { window: before, ...restBefore } = state.folded
        expect(rest).toEqual(restBefore)
        expect(window.state()).toEqual(before.state())
        expect(back.ahead.trend?.state()).toEqual(state.ahead.trend?.state())
        expect(back.ahead).toMatchObject({ count: state.ahead.count, offset: state.ahead.offset })
        expect(encodeStream(back, 'r1').state).toEqual(bytes)
      }),
    )
  })

  it('may hold the slow mean of a feature that has never come, where records may lack some', () => {
    const shape = shapeOf(1 / 7)
    const state = folded([1, 2], shape)
    state.folded.trend = Float64Array.of(1, Number.NaN, 2)
    const snapshot = encodeStream(state, 'r1')
    const back = decodeStream(state.name, snapshot, 'r1', { ...shape, mayMiss: true }, 0)
    expect(back.folded.trend).toEqual(state.folded.trend)
    expect(() => decodeStream(state.name, snapshot, 'r1', shape, 0)).toThrow(/holds a number that is not finite/)
  })

  it('keeps its alerts under another reference, but no number of the old one', () => {
    fc.assert(
      fc.property(rarities, detrends, (values, detrend) => {
        const state = folded([5, 5, ...values], shapeOf(detrend))
        const back = decodeStream(state.name, encodeStream(state, 'r1'), 'r2', shapeOf(1 / 3), 0)
        const { alerts, offset, time, alarm } = state.folded
        expect(back.folded).toMatchObject({ alerts, offset, time, count: 0, trend: undefined, strongest: undefined })
        expect(back.folded.alarm.record).toEqual({ ...alarm.record, recent: [] })
        expect(back.folded.alarm.theta).toBe(alarm.theta)
        expect(back.folded.window.state()).toMatchObject({ closed: 0, open: 0 })
        expect(back.ahead.trend?.state()).toHaveLength(0)
        expect(back.ahead).toMatchObject({ count: 0, offset })
      }),
    )
  })

  it('looks back on no more evaluations than the new reference’s n, whatever the old one’s was', () => {
    const state = folded([1, 2, 3], shapeOf(0))
    const logic = { ...params.logic, record: { k: 1, n: 2, gap: 2 } }
    const { alarm } = decodeStream('a', encodeStream(state, 'r1'), 'r2', shapeOf(0), 0).folded
    for (let i = 0; i < 50; i++) step(alarm, 'record', { a: 0, effect: 0 }, { ...params, logic })
    expect(alarm.record.recent).toHaveLength(1)
  })

  it('is read as earlier versions wrote it, which did not say how rare a record was', () => {
    const { lastOffset, state } = encodeStream(folded([9, 9], shapeOf(0)), 'r1')
    const before = withHeader(state, (header) => header.replaceAll(/"decades":[^,}]+,?/g, ''))
    const { worst } = decodeStream('a', { lastOffset, state: before }, 'r1', shapeOf(0), 0).folded.alerts.record!
    expect(worst.map(({ decades }) => decades)).toEqual(worst.map(() => undefined))
    expect(worst.length).toBeGreaterThan(0)
  })

  it('is refused with the stream’s name and the mend when its bytes are damaged in any way that shows', () => {
    const snapshot = encodeStream(folded([1, 9, 9], shapeOf(0)), 'r1')
    const decoded = (state: Uint8Array, detrend = 0) => decodeStream('a', { ...snapshot, state }, 'r1', shapeOf(detrend), 0)
    const refusal = /the stored state of stream "a" cannot be read \(.+\): it is damaged .* delete the state of this monitor/
    expect(() => decoded(snapshot.state)).not.toThrow()
    for (const length of [0, 3, 4, 50, snapshot.state.length - 8, snapshot.state.length - 1]) {
      expect(() => decoded(snapshot.state.slice(0, length)), `cut to ${length} bytes`).toThrow(refusal)
    }
    const broken = snapshot.state.slice()
    broken[4] ^= 0xff
    expect(() => decoded(broken)).toThrow(refusal)
    const { state: other } = encodeStream(newStream('a', { ...shapeOf(0), width: 2 }, 0), 'r1')
    expect(() => decoded(other)).toThrow(refusal)
  })
})

describe('the state of a partition', () => {
  it('comes back from its bytes, and is new where none was stored', () => {
    const partition = partitionAt(5)
    const alerts = { feed: folded([9, 9], shapeOf(0)).folded.alerts.record! }
    partition.feed = {
      ...newFeed(),
      offset: 8,
      rejects: { filled: 3, counts: { empty: 1 }, full: [{ empty: 2 }], high: true, time: 4 },
      alerts,
    }
    const before = { offset: 3, time: 1000 }
    const snapshot = encodePartition({ ...partition, before }, 9)
    expect(snapshot.lastOffset).toBe(8)
    expect(decodePartition(snapshot, 9)).toEqual({ feed: partition.feed, clock: newClock })
    const clock = { offset: 7, time: 1234.5 }
    const later = encodePartition({ ...partition, clock, before }, 9)
    expect(decodePartition(later, 7)).toEqual({ feed: partition.feed, clock })
    // A crash before the streams were written: they know nothing of the later clock.
    expect(decodePartition(later, 6)).toEqual({ feed: partition.feed, clock: before })
    expect(decodePartition(undefined, undefined)).toEqual({ feed: newFeed(), clock: newClock })
  })
})
