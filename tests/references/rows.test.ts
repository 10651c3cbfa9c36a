import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectRows, type RowChunk, TooManyRows } from '../../references/rows.js'

interface Record {
  readonly stream: string
  readonly time: number
  readonly row: readonly number[]
}

/** As a decode stage hands them on: streams by index, the values' buffer longer than needed. */
function chunkOf(records: readonly Record[], d: number, rejected = 0): RowChunk {
  const streams = [...new Set(records.map(({ stream }) => stream))]
  return {
    n: records.length,
    d,
    values: Float64Array.from([...records.flatMap(({ row }) => row), NaN, NaN]),
    streams,
    streamOf: Int32Array.from(records, ({ stream }) => streams.indexOf(stream)),
    times: Float64Array.from(records, ({ time }) => time),
    rejected,
  }
}

async function* feed(chunks: readonly RowChunk[]) {
  yield* chunks
}

const record = fc.record({
  stream: fc.constantFrom('a', 'b', '__proto__'),
  time: fc.integer({ min: 0, max: 1000 }),
  row: fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer() }, fc.constantFrom(NaN, Infinity, -Infinity)), {
    minLength: 2,
    maxLength: 2,
  }),
})

describe('collectRows', () => {
  it('keeps the finite rows of each stream in order of arrival and counts the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(record, { maxLength: 8 }), { maxLength: 5 }), async (chunks) => {
        const rows = await collectRows(feed(chunks.map((records) => chunkOf(records, 2, 1))), 2)
        const records = chunks.flat()
        const finite = records.filter(({ row }) => row.every(Number.isFinite))
        const streams = [...new Set(finite.map(({ stream }) => stream))].map((name) => finite.filter(({ stream }) => stream === name))
        expect([...rows.values]).toEqual(streams.flat().flatMap(({ row }) => row))
        expect(rows.streams.map(({ from, to }) => to - from)).toEqual(streams.map(({ length }) => length))
        expect(rows.n).toBe(finite.length)
        expect(rows.dropped).toBe(records.length - finite.length + chunks.length)
        const times = finite.map(({ time }) => time)
        expect([rows.first, rows.last]).toEqual(times.length === 0 ? [NaN, NaN] : [Math.min(...times), Math.max(...times)])
      }),
    )
  })

  it('keeps float32 as float32', async () => {
    const chunk = { ...chunkOf([{ stream: 'a', time: 1, row: [0.1] }], 1), values: Float32Array.of(0.1) }
    expect((await collectRows(feed([chunk]), 1)).values).toEqual(Float32Array.of(0.1))
  })

  it('stops before memory does, and at another dimension', async () => {
    const chunk = chunkOf([{ stream: 'a', time: 1, row: [1, 2] }], 2)
    await expect(collectRows(feed(Array(10).fill(chunk)), 2, 100)).rejects.toThrow(TooManyRows)
    await expect(collectRows(feed([chunk]), 3)).rejects.toThrow(/has 3 features, .* have 2/)
  })
})
