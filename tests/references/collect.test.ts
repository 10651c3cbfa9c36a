import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { collectRows } from '../../references/collect.js'
import type { ReferenceRows, RowChunk } from '../../references/rows.js'

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

const valuesOf = ({ n, store }: ReferenceRows): number[] => [...store.read(0, n)]

describe('collectRows', () => {
  it('keeps the finite rows of each stream in order of arrival and counts the rest, in memory and in a file', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { maxLength: 8 }), { maxLength: 5 }),
        fc.constantFrom(0, 100, 1e6),
        async (chunks, memory) => {
          const rows = await collectRows(feed(chunks.map((records) => chunkOf(records, 2, 1))), 2, memory, [], true)
          const records = chunks.flat()
          const finite = records.filter(({ row }) => row.every(Number.isFinite))
          const streams = [...new Set(finite.map(({ stream }) => stream))].map((name) => finite.filter(({ stream }) => stream === name))
          expect(valuesOf(rows)).toEqual(streams.flat().flatMap(({ row }) => row))
          expect(rows.streams.map(({ from, to }) => to - from)).toEqual(streams.map(({ length }) => length))
          expect(rows.n).toBe(finite.length)
          expect(rows.dropped).toBe(records.length - finite.length + chunks.length)
          expect([...rows.times!.read(0, rows.n)]).toEqual(streams.flat().map(({ time }) => time))
          const times = finite.map(({ time }) => time)
          rows.store.close()
          rows.times!.close()
          expect([rows.first, rows.last]).toEqual(times.length === 0 ? [NaN, NaN] : [Math.min(...times), Math.max(...times)])
        },
      ),
    )
  })

  it('keeps float32 as float32, in a file too', async () => {
    const chunk = { ...chunkOf([{ stream: 'a', time: 1, row: [0.1] }], 1), values: Float32Array.of(0.1) }
    for (const memory of [0, 1000]) {
      const { store, times } = await collectRows(feed([chunk, chunk]), 1, memory)
      expect(times).toBeUndefined()
      expect(store.read(0, 2)).toEqual(Float32Array.of(0.1, 0.1))
      expect(store.another(1).dtype).toBe('float32')
      store.close()
    }
  })

  it('refuses rows of another dimension or precision', async () => {
    const chunk = chunkOf([{ stream: 'a', time: 1, row: [1, 2] }], 2)
    await expect(collectRows(feed([chunk]), 3)).rejects.toThrow(/has 3 features in float64, .* first 0 have 2/)
    await expect(collectRows(feed([chunk, { ...chunk, values: Float32Array.of(1, 2) }]), 2)).rejects.toThrow(/first 1 have 2 in float32/)
  })

  it('leaves no file behind, and says what to do where none can be made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'driftwatch-test-'))
    const chunk = chunkOf([{ stream: 'a', time: 1, row: [1, 2] }], 2)
    vi.stubEnv('TMPDIR', folder)
    const { store } = await collectRows(feed([chunk]), 2, 0)
    expect(await readdir(folder)).toEqual([])
    store.close()
    store.close()
    vi.stubEnv('TMPDIR', join(folder, 'nowhere'))
    await expect(collectRows(feed([chunk]), 2, 0)).rejects.toThrow(/nowhere.*could not be kept.*TMPDIR/)
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })
})
