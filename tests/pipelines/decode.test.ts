import { describe, expect, it } from 'vitest'
import { ArrayMemory } from '../../connectors/array-memory.js'
import type { Codec } from '../../connectors/codec.js'
import type { RawRecord } from '../../connectors/records.js'
import type { Batch } from '../../pipelines/batch.js'
import { decode } from '../../pipelines/decode.js'
import { Ledger } from '../../pipelines/ledger.js'
import { Partitions } from '../../pipelines/partitions.js'
import { newPartition, newStream, type Partition } from '../../pipelines/streams.js'
import { type LabelNumbers, labelNumbers } from '../../references/labels.js'
import { batchOf, keeperOf, leaseOf, partitionAt, shape, storeOf, streamAt } from './builders.js'

/** `stream:a,b#id` of two numbers; the stream and the id may be left out. */
const codec: Codec = {
  dtype: 'float64',
  decode(records, index, row) {
    const { value, timestamp } = records.at(index)!
    const match = /^(?:(\w+):)?(-?\d+),(-?\d+)(?:#(\w+))?$/.exec(String(value))
    if (match === null) return { reason: 'undecodable', detail: `${value} is no row` }
    if (match[1] !== undefined) row.stream = match[1]
    row.values.set([Number(match[2]), Number(match[3])], row.at)
    row.time = timestamp + 1
    row.id = match[4]
    row.label = match[4]
    return undefined
  },
}

const recordsOf = (from: number, ...values: string[]): RawRecord[] =>
  values.map((value, i) => ({ offset: from + i, timestamp: 1000 * (from + i), key: Buffer.from(`k${i}`), value: Buffer.from(value) }))

/** Decodes batches of one partition, which may hold at most `most` streams. */
function decoder(
  partition: Partition,
  most = 10,
  labels?: LabelNumbers,
  keepsRaw = false,
): (records: readonly RawRecord[], recycle?: () => void) => Batch {
  const decoded = decode({
    codec,
    d: 2,
    forgetAfter: 1e9,
    partition: () => partition,
    stream: ({ streams }, name) => {
      const known = streams.get(name)
      if (known !== undefined || streams.size >= most) return known
      streams.set(name, newStream(name, shape, 0))
      return streams.get(name)
    },
    now: () => 42,
    memory: new ArrayMemory(),
    labels,
    keepsRaw,
  })
  return (records, recycle = () => undefined) =>
    decoded({ batch: { ...batchOf(partition.lease, records), recycle }, release: () => undefined })
}

/** The rows as text, with stream, time and offset. */
const rowsOf = ({ n, d, values, states, stateOf, times, offsets, ids }: Batch): string[] =>
  Array.from({ length: n }, (_, i) =>
    [states[stateOf[i]].name, values.subarray(i * d, i * d + d), times[i], offsets[i], ids[i] ?? 'no id'].join(' '),
  )

describe('decode', () => {
  it('numbers the labels of the rows that it keeps, where something looks at them', () => {
    const partition = partitionAt(0)
    const before = decoder(partition)(recordsOf(0, 'a:1,2#x', 'a:3,4'))
    expect(before).not.toHaveProperty('labels')
    const batch = decoder(
      partition,
      10,
      labelNumbers(['x', 'y']),
    )(recordsOf(1, 'a:3,4#x', 'a:5,6#y', 'no row', 'b:7,8', 'b:9,9#z', 'a:1,1#x'))
    expect(rowsOf(batch).map((row) => row.split(' ')[4])).toEqual(['y', 'no', 'z', 'x'])
    expect([...(batch.labels ?? []).slice(0, batch.n)]).toEqual([2, 0, 3, 1])
  })

  it('makes columns of the records, each with its stream, time, offset and id', () => {
    const batch = decoder(partitionAt(7))(recordsOf(7, 'a:1,2', 'b:3,4#x', 'a:5,6'))
    expect(rowsOf(batch)).toEqual(['a 1,2 7001 7 no id', 'b 3,4 8001 8 x', 'a 5,6 9001 9 no id'])
    expect(batch).toMatchObject({ n: 3, d: 2, end: 10, arrived: 42, rejected: [] })
    expect(batch.states.map(({ ahead }) => ahead.count)).toEqual([2, 1])
  })

  it('names the stream after the partition where the codec reads none, whatever stood in the record before', () => {
    expect(rowsOf(decoder(partitionAt())(recordsOf(0, 'a:1,2#x', '3,4')))).toEqual(['a 1,2 1 0 x', 'input-0 3,4 1001 1 no id'])
  })

  it('puts rejected records among the dead letters with origin, reason and bytes, and leaves no hole in the rows', () => {
    const records = recordsOf(5, 'a:1,2', 'broken', 'a:3,4')
    const batch = decoder(partitionAt(5))(records)
    expect(rowsOf(batch)).toEqual(['a 1,2 5001 5 no id', 'a 3,4 7001 7 no id'])
    const { timestamp, key, value } = records[1]
    const origin = { topic: 'input', partition: 0, offset: 6 }
    expect(batch.rejected).toEqual([{ origin, reason: 'undecodable', detail: 'broken is no row', timestamp, key, value }])
  })

  it('reaches to the end of the batch when its last records are rejected, also when all are', () => {
    expect(decoder(partitionAt(3))(recordsOf(3, 'a:1,2', 'x', 'y'))).toMatchObject({ n: 1, end: 6 })
    expect(decoder(partitionAt(3))(recordsOf(3, 'x', 'y'))).toMatchObject({ n: 0, end: 5, states: [] })
  })

  it('skips what the restored state of a stream reflects, and counts on behind it', () => {
    const partition = partitionAt(0)
    const state = streamAt(partition, 'a', 2)
    const batch = decoder(partition)(recordsOf(0, 'a:1,1', 'b:2,2', 'a:3,3', 'a:4,4'))
    expect(rowsOf(batch)).toEqual(['b 2,2 1001 1 no id', 'a 4,4 3001 3 no id'])
    expect(state.ahead).toMatchObject({ count: 4, offset: 3 })
  })

  it('buries nothing again that an earlier run has buried', () => {
    const { rejected } = decoder(partitionAt(10, 12))(recordsOf(10, 'x', 'y', 'z', 'a:1,2'))
    expect(rejected.map(({ origin }) => origin.offset)).toEqual([12])
  })

  it('counts for the partition what its own fold does not reflect, also what was buried or skipped', () => {
    const partition = partitionAt(10, 14)
    partition.feed = { ...partition.feed, offset: 10 }
    streamAt(partition, 'a', 12)
    const { arrivals } = decoder(partition)(recordsOf(10, 'a:0,0', 'x', 'a:1,1', 'y', 'a:2,2'))
    expect([...arrivals.offsets.subarray(0, arrivals.n)]).toEqual([12, 14])
    expect(arrivals.rejected.map(({ origin }) => origin.offset)).toEqual([11, 13])
  })

  it('lets a stream begin anew within a batch when the partition’s clock has gone on too far without it', () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { forgetAfter: 100_000 })
    const stage = decode({
      codec,
      d: 2,
      forgetAfter: 100_000,
      partition: () => partition,
      stream: keeper.stream.bind(keeper),
      now: () => 0,
      memory: new ArrayMemory(),
    })
    const others = Array.from({ length: 101 }, () => 'b:1,1')
    const batch = stage({ batch: batchOf(partition.lease, recordsOf(0, 'a:1,1', 'a:2,2', ...others, 'a:3,3')), release: () => undefined })
    expect(batch.states.map(({ name, ahead }) => [name, ahead.count])).toEqual([
      ['a', 2],
      ['b', 101],
      ['a', 1],
    ])
    expect(batch.clocks).toEqual([1001, 102_001, 103_001])
    expect(batch.clock).toBe(103_001)
  })

  it('takes nothing in that every restored state reflects, and lets no clock go on by it', () => {
    const partition = newPartition(leaseOf(), new Ledger(0), 0, 0, { offset: 2, time: 500 })
    const batch = decoder(partition)(recordsOf(0, 'a:1,1', 'b:2,2', 'b:3,3'))
    expect(rowsOf(batch)).toEqual(['b 3,3 2001 2 no id'])
    expect(batch).toMatchObject({ clock: 2001, arrivals: { n: 3 } })
  })

  it('keeps nothing of the records’ memory once it has given that back', () => {
    const partition = partitionAt()
    const records = recordsOf(0, 'a:1,2#id', 'nonsense')
    const raw = batchOf(partition.lease, records)
    const recycle = () => {
      for (const { key, value } of records) for (const bytes of [key, value]) bytes?.fill('?')
      raw.records.offsets.fill(-1)
    }
    const batch = decoder(partition)(records, recycle)
    expect(String(records[1].value)).toBe('????????')
    expect(rowsOf(batch)).toEqual(['a 1,2 1 0 id'])
    expect(batch.rejected).toMatchObject([{ origin: { offset: 1 }, key: Buffer.from('k1'), value: Buffer.from('nonsense') }])
    expect(batch.end).toBe(2)
  })

  it('keeps the records as they came where they are needed until they are graded, and gives their memory back only then', () => {
    const partition = partitionAt()
    let recycled = 0
    const batch = decoder(partition, 10, undefined, true)(recordsOf(0, 'a:1,2', 'nonsense'), () => recycled++)
    expect(batch.raw?.records.length).toBe(2)
    expect(String(batch.raw?.records.values.at(0))).toBe('a:1,2')
    expect(batch.raw?.records.embedded).toBeUndefined()
    expect(recycled).toBe(0)
    batch.raw?.recycle?.()
    expect(recycled).toBe(1)
  })

  it('rejects records of more streams than the limit, and goes on with the known ones', () => {
    const decoded = decoder(partitionAt(), 2)
    const batch = decoded(recordsOf(0, 'a:1,2', 'b:1,2', 'c:1,2', 'a:3,4'))
    expect(rowsOf(batch)).toHaveLength(3)
    expect(batch.rejected).toMatchObject([{ reason: 'stream_limit', origin: { offset: 2 } }])
    expect(batch.rejected[0].detail).toMatch(/"c" .* limits.knownStreams/)
    expect(decoded(recordsOf(4, 'b:5,6', 'c:7,8')).n).toBe(1)
  })

  it('counts the limit over all partitions, and gives a lost partition’s streams back', async () => {
    const keeper = keeperOf([], { maxKnown: 2 })
    const partitions = new Partitions({
      store: storeOf({ offset: undefined, streams: new Map() }),
      shape,
      referenceVersion: 'r',
      keeper,
      now: () => 0,
      adopted: () => undefined,
      dropped: () => undefined,
    })
    const leases = [0, 1].map((partition) => ({ topic: 'input', partition, revoked: false }))
    for (const lease of leases) {
      await partitions.adopt({ kind: 'assigned', lease, committed: undefined, initial: 0, earliest: 0, end: 9, begin: () => undefined })
    }
    const [first, second] = leases.map((lease) => partitions.of(batchOf(lease, [])))
    expect(keeper.stream(first, 'a')).toBeDefined()
    expect(keeper.stream(second, 'a')).toBeDefined()
    expect(keeper.stream(second, 'b')).toBeUndefined()
    leases[0].revoked = true
    partitions.drop(leases[0])
    expect(keeper.stream(second, 'b')).toBeDefined()
    expect(() => partitions.of(batchOf(leases[0], []))).toThrow(/input\/0 came before its state was restored/)
  })
})
