import { describe, expect, it } from 'vitest'
import type { AbortedTransaction } from '../../../../connectors/kafka/columnar/aborted-transactions.js'
import { AnswerMemory } from '../../../../connectors/kafka/columnar/answer-memory.js'
import { RecordBatchError } from '../../../../connectors/kafka/columnar/record-batch-error.js'
import { RecordSet } from '../../../../connectors/kafka/columnar/record-set.js'
import { compressions } from '../../../../connectors/kafka/compression.js'
import type { RawRecord } from '../../../../connectors/records.js'
import { type BuiltRecord, batch, mark, storedZstd, xerial } from './batches.js'

const setOf = (batches: readonly Buffer[], aborted: readonly AbortedTransaction[] = [], checkCrcs = true) =>
  new RecordSet({ topic: 't', partition: 3 }, Buffer.concat(batches), aborted, checkCrcs, new AnswerMemory())

const read = (set: RecordSet, from = 0, until = Number.POSITIVE_INFINITY): RawRecord[] =>
  [...set.portions(from, until)].flatMap(({ records }) => [...records])

const offsetsOf = (set: RecordSet, from?: number, until?: number) => read(set, from, until).map(({ offset }) => offset)
const values = (first: number, count: number): BuiltRecord[] =>
  Array.from({ length: count }, (_, i) => ({ offset: first + i, key: `k${i % 3}`, value: `value ${first + i}` }))

describe('a record set', () => {
  it('has keys, values, times and headers as they were written', () => {
    const records: BuiltRecord[] = [
      { offset: 7, timestamp: 1_700_000_000_000, key: 'key', value: 'value' },
      { offset: 8, timestamp: 1_699_999_999_000, key: null, value: null },
      {
        offset: 10,
        timestamp: 1_900_000_000_000,
        key: '',
        value: '',
        headers: [
          ['a', 'x'],
          ['b', 'y'],
          ['a', 'z'],
          ['__proto__', '!'],
        ],
      },
    ]
    const set = setOf([batch({ records, firstOffset: 5, lastOffset: 12 })])
    const [one, two, three] = read(set)
    expect(one).toMatchObject({ offset: 7, timestamp: 1_700_000_000_000, key: Buffer.from('key'), value: Buffer.from('value') })
    expect(two).toMatchObject({ offset: 8, timestamp: 1_699_999_999_000, key: null, value: null })
    expect(three).toMatchObject({ offset: 10, timestamp: 1_900_000_000_000, key: Buffer.alloc(0), value: Buffer.alloc(0) })
    expect(three.headers?.a).toEqual([Buffer.from('x'), Buffer.from('z')])
    expect(three.headers?.b).toEqual(Buffer.from('y'))
    expect(Object.keys(three.headers ?? {})).toEqual(['a', 'b', '__proto__'])
    expect(set.end).toBe(13)
  })

  it('gives every record the time at which the broker took the batch, where the topic says so', () => {
    const set = setOf([batch({ records: values(0, 2), timestamp: 5, appendTime: 1_800_000_000_000 })])
    expect(read(set).map(({ timestamp }) => timestamp)).toEqual([1_800_000_000_000, 1_800_000_000_000])
  })

  it.each(compressions)('unpacks %s', (compression) => {
    const set = setOf([batch({ records: values(0, 300), compression }), batch({ records: values(300, 5), compression })])
    expect(read(set).map(({ value }) => String(value))).toEqual(values(0, 305).map(({ value }) => value))
  })

  it("unpacks the Java client's frame of snappy blocks", () => {
    const set = setOf([batch({ records: values(0, 300), compression: 'snappy', pack: (records) => xerial(records, 1000) })])
    expect(read(set)).toHaveLength(300)
  })

  it('begins and ends in the middle of a batch', () => {
    const set = setOf([batch({ records: values(0, 10) }), batch({ records: values(10, 10) })])
    expect(offsetsOf(set, 4, 13)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(offsetsOf(set, 12)).toEqual([12, 13, 14, 15, 16, 17, 18, 19])
    expect(offsetsOf(set, 0, 0)).toEqual([])
  })

  it('leaves out the last batch where only a part of it came, however little', () => {
    const whole = batch({ records: values(0, 3) })
    const part = batch({ records: values(3, 3) })
    for (let length = 0; length < part.length; length++) {
      const set = setOf([whole, part.subarray(0, length)])
      expect([set.end, ...offsetsOf(set)]).toEqual([3, 0, 1, 2])
    }
    expect(setOf([whole.subarray(0, 50)]).end).toBeUndefined()
    expect(setOf([]).end).toBeUndefined()
  })

  it('steps over batches that compaction has emptied', () => {
    const set = setOf([
      batch({ records: [], firstOffset: 0, lastOffset: 9 }),
      batch({ records: values(10, 1) }),
      batch({ records: [], firstOffset: 11, lastOffset: 19 }),
    ])
    expect(offsetsOf(set)).toEqual([10])
    expect(set.end).toBe(20)
  })

  it('keeps portions within 1,024 records and 1 MiB, a larger record alone', () => {
    const many = [...setOf([batch({ records: values(0, 1500) }), batch({ records: values(1500, 1500) })]).portions(0, 9e9)]
    expect(many.map(({ records }) => records.length)).toEqual([1024, 1024, 952])
    const large = [300_000, 300_000, 300_000, 300_000, 2_000_000, 10].map((bytes, offset) => ({ offset, value: Buffer.alloc(bytes) }))
    const cut = [...setOf([batch({ records: large })]).portions(0, 9e9)]
    expect(cut.map(({ records, bytes }) => [records.length, bytes])).toEqual([
      [3, 900_000],
      [1, 300_000],
      [1, 2_000_000],
      [1, 10],
    ])
  })

  describe('read as read_committed', () => {
    const transaction = (producerId: number, ...records: BuiltRecord[]) => batch({ records, transactional: true, producerId })

    it('leaves out marks, aborted transactions and nothing else', () => {
      const set = setOf(
        [
          transaction(1, { offset: 0 }),
          transaction(2, { offset: 1 }),
          batch({ records: values(2, 1), producerId: 1 }),
          mark(3, 1, 'abort'),
          transaction(1, { offset: 4 }),
          mark(5, 2, 'commit'),
          mark(6, 1, 'commit'),
          transaction(1, { offset: 7 }),
          mark(8, 1, 'abort'),
        ],
        [
          { producerId: 1n, firstOffset: 7 },
          { producerId: 1n, firstOffset: 0 },
        ],
      )
      expect(offsetsOf(set)).toEqual([1, 2, 4])
      expect(set.end).toBe(9)
    })

    it('leaves out an aborted transaction that began before this set and ends after it', () => {
      expect(
        offsetsOf(setOf([transaction(1, { offset: 10 }), transaction(2, { offset: 11 })], [{ producerId: 1n, firstOffset: 4 }])),
      ).toEqual([11])
    })

    it('begins after records that it must still see, to know what was aborted', () => {
      const set = setOf(
        [transaction(1, { offset: 0 }), mark(1, 1, 'abort'), transaction(1, { offset: 2 })],
        [{ producerId: 1n, firstOffset: 0 }],
      )
      expect(offsetsOf(set, 2)).toEqual([2])
    })
  })

  describe('refuses, with the place and what to do,', () => {
    it.each([0, 1])('message format %i, by its name', (format) => {
      expect(() => setOf([batch({ records: values(0, 1), format })])).toThrow(
        `topic t, partition 3: records in message format ${format}, of producers or topics from before Kafka 0.11; driver: columnar reads format 2: read them with driver: kafkajs`,
      )
    })

    it('a format that is not known yet', () => {
      expect(() => setOf([batch({ records: values(0, 1), format: 3 })])).toThrow(/a record batch in message format 3; expected format 2/)
    })

    it('a checksum that is wrong, when told to check', () => {
      const bytes = batch({ records: values(4, 3) })
      bytes[bytes.length - 3] ^= 1
      expect(() => read(setOf([bytes]))).toThrow(
        /^topic t, partition 3, offset 4: a record batch whose CRC is wrong; expected an undamaged/,
      )
      expect(read(setOf([bytes], [], false))).toHaveLength(3)
    })

    it('a count of records that is not theirs', () => {
      for (const count of [-1, 1, 4, 2 ** 31 - 1])
        expect(() => read(setOf([batch({ records: values(0, 3), count })])), String(count)).toThrow(RecordBatchError)
    })

    it('offsets outside of the batch, or backwards ones', () => {
      expect(() => read(setOf([batch({ records: values(0, 3), lastOffset: 1 })]))).toThrow(/offset 2 after 1 in a batch up to 1/)
      expect(() => read(setOf([batch({ records: [{ offset: 2 }, { offset: 1 }], firstOffset: 0, lastOffset: 2 })]))).toThrow(
        /offset 1 after 2 in a batch up to 2/,
      )
    })

    it('batches that do not follow one another', () => {
      expect(() => setOf([batch({ records: values(4, 3) }), batch({ records: values(6, 2) })])).toThrow(/from offset 6 after one up to 6/)
    })

    it.each([
      ['gzip', Buffer.from('no gzip')],
      ['snappy', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1])],
      ['lz4', Buffer.from('no lz4 at all')],
      ['zstd', Buffer.from('no zstd')],
      ['zstd', storedZstd(Buffer.alloc(0)).fill(0xff, 5, 9)],
    ] as const)('%s that is none', (compression, packed) => {
      expect(() => read(setOf([batch({ records: values(0, 3), compression, pack: () => packed })]))).toThrow(RecordBatchError)
    })
  })
})
