import { appendFile, truncate } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { float32 } from '../../../connectors/codecs/floats.js'
import { fileFormat, fileSource, readLayout } from '../../../connectors/files/file.js'
import type { RawRecord } from '../../../connectors/records.js'
import type { RawBatch, Source } from '../../../connectors/source.js'
import { decode, makeCodec } from '../../contract/codec-contract.js'
import { silent } from '../../contract/silent-logger.js'
import { npy, temporaryFolder, writeTemporary } from './write.js'

const open = async (options: object): Promise<Source> => {
  const source = fileSource.create(fileSource.schema.parse(options), { monitor: 'test', logger: silent })
  await source.connect()
  return source
}

const batchesOf = async (source: Source): Promise<RawBatch[]> => {
  const batches: RawBatch[] = []
  for await (const event of source.read()) {
    if (event.kind === 'assigned') event.begin(0)
    if (event.kind === 'batch') batches.push(event)
  }
  return batches
}

const recordsOf = async (options: object): Promise<RawRecord[]> =>
  (await batchesOf(await open(options))).flatMap(({ records }) => [...records])
const textsOf = async (options: object) => (await recordsOf(options)).map(({ value }) => value?.toString())

describe('file source', () => {
  it('stamps rows from startTime on, by the interval', async () => {
    const path = await writeTemporary('rows.csv', 'a\n1\n2\n3\n')
    const times = async (options: object) => (await recordsOf({ path, ...options })).map(({ timestamp }) => timestamp)
    expect(await times({})).toEqual([0, 1000, 2000])
    const start = Date.UTC(2026, 0, 1)
    expect(await times({ startTime: '2026-01-01', interval: '5m' })).toEqual([start, start + 300_000, start + 600_000])
  })

  it('takes the first line as a row where there is no header', async () => {
    const path = await writeTemporary('rows.csv', '1,2\n3,4\n')
    expect(await textsOf({ path, header: false })).toEqual(['1,2', '3,4'])
    expect(await textsOf({ path })).toEqual(['3,4'])
  })

  it('delivers blank lines too: a row is a line', async () => {
    const path = await writeTemporary('rows.ndjson', '{}\n\n{}\n')
    expect(await textsOf({ path })).toEqual(['{}', '', '{}'])
  })

  it('is at its end at once when there is nothing', async () => {
    for (const content of ['', 'only,a,header', 'only,a,header\n']) {
      expect(await textsOf({ path: await writeTemporary('rows.csv', content) })).toEqual([])
    }
  })

  it('keeps batches to 1,024 records and 1 MiB, and a larger record alone', async () => {
    const long = `${'x'.repeat(300_000)}\n`
    const path = await writeTemporary('rows.ndjson', `${'1\n'.repeat(3000)}${long.repeat(7)}${'y'.repeat(3_000_000)}\n2\n`)
    const sizes = (await batchesOf(await open({ path }))).map(({ records }) => records.length)
    expect(sizes).toEqual([1024, 1024, 952 + 3, 3, 1, 1, 1])
  })

  it('keeps to a pace in small batches, and ends a wait when it is closed', async () => {
    const path = await writeTemporary('rows.ndjson', '1\n2\n3\n')
    const source = await open({ path, rate: 1e-6 })
    const events = source.read()[Symbol.asyncIterator]()
    const assigned = await events.next()
    if (assigned.value?.kind === 'assigned') assigned.value.begin(0)
    expect((await events.next()).value).toMatchObject({ kind: 'batch', lag: 2 })
    const waiting = events.next()
    await source.close()
    expect((await waiting).done).toBe(true)
  })

  it('ends at the rows that it found at the start, and says when some of them went', async () => {
    const path = await writeTemporary('rows.ndjson', '1\n2\n3\n')
    const growing = await open({ path })
    await appendFile(path, '4\n')
    expect((await batchesOf(growing)).flatMap(({ records }) => [...records])).toHaveLength(3)
    const shrinking = await open({ path })
    await truncate(path, 4)
    await expect(batchesOf(shrinking)).rejects.toThrow(/ended after record 2, but held 4 when it was opened/)
  })

  it('says what a file is that it cannot read', async () => {
    const folder = await temporaryFolder()
    await expect(open({ path: `${folder}/none.csv` })).rejects.toThrow(/none\.csv: cannot be read \(ENOENT.*check the path/)
    await expect(open({ path: folder, format: 'npy' })).rejects.toThrow(/name a file, not a folder/)
    await expect(open({ path: await writeTemporary('rows.csv.gz', 'no gzip') })).rejects.toThrow(
      /rows\.csv\.gz: cannot be read \(incorrect header check\)/,
    )
    const cut = gzipSync('a,b\n'.repeat(1000)).subarray(0, 30)
    await expect(open({ path: await writeTemporary('rows.csv.gz', cut) })).rejects.toThrow(/cannot be read \(unexpected end of file\)/)
  })

  it('knows a format by its name, or asks for it', () => {
    const names = ['a.csv', 'a.tsv', 'A.CSV.gz', 'a.ndjson', 'a.jsonl.gz', 'a.npy']
    expect(names.map((name) => fileFormat(name))).toEqual(['csv', 'csv', 'csv', 'ndjson', 'ndjson', 'npy'])
    expect(fileFormat('a.txt', 'csv')).toBe('csv')
    expect(() => fileFormat('a.txt')).toThrow('a.txt: its name does not tell the format; set format to csv, ndjson or npy')
  })
})

describe('header of a csv', () => {
  const columnsOf = async (content: string, delimiter?: string) => {
    const layout = await readLayout(await writeTemporary('rows.csv', content), delimiter)
    return layout.format === 'csv' ? layout.columns : undefined
  }

  it('names the columns', async () => {
    expect(await columnsOf('a,b\n1,2\n')).toEqual(['a', 'b'])
    expect(await columnsOf('\ufeffa;"b;c"; d \r\n', ';')).toEqual(['a', 'b;c', 'd'])
  })

  it('is refused when columns cannot be told apart', async () => {
    await expect(columnsOf('')).rejects.toThrow(/is empty; expected a first line of column names/)
    await expect(columnsOf('a,,c\n')).rejects.toThrow(/column 2 of 3 has no name/)
    await expect(columnsOf('a,b,a\n')).rejects.toThrow(/two columns are named "a"/)
    await expect(columnsOf('"a,b\n')).rejects.toThrow(/its first line is no header/)
  })
})

describe('npy', () => {
  const bytes = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)

  it('delivers rows that the codec of its type reads', async () => {
    const path = await writeTemporary('rows.npy', npy("'<f4'", '(2, 3)', bytes))
    expect(await readLayout(path)).toMatchObject({ format: 'npy', dtype: 'float32', rows: 2, columns: 3 })
    const codec = makeCodec(float32, {})
    expect((await recordsOf({ path })).map((record) => decode(codec, record).values)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
  })

  it('reads format version 2', async () => {
    const first = npy("'<f4'", '(2, 3)', bytes)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(first.readUInt16LE(8))
    const second = Buffer.concat([Buffer.from('\x93NUMPY\x02\x00', 'latin1'), length, first.subarray(10)])
    expect(await recordsOf({ path: await writeTemporary('rows.npy', second) })).toHaveLength(2)
  })

  it.each([
    ["its numbers are |u1; expected '<f4' or '<f8'", npy("'|u1'", '(2, 3)', bytes)],
    ["its numbers are >f4; expected '<f4' or '<f8'", npy("'>f4'", '(2, 3)', bytes)],
    ['its numbers are [(a, <f4)]', npy("[('a', '<f4')]", '(2,)', bytes)],
    ['is in Fortran order; save it as np.ascontiguousarray(a)', npy("'<f4'", '(2, 3)', bytes, 'True')],
    ['has 1 dimensions; expected 2', npy("'<f4'", '(6,)', bytes)],
    ['has 3 dimensions; expected 2', npy("'<f4'", '(1, 2, 3)', bytes)],
    ['expected rows of at least one feature', npy("'<f4'", '(6, 0)', bytes)],
    ['but its header promises', npy("'<f4'", '(3, 3)', bytes)],
    ['but its header promises', npy("'<f4'", '(9000000000, 9000)', bytes)],
    ['its header is broken', npy("'<f4'", 'six', bytes)],
    ['is no npy file; write it with numpy.save', Buffer.from('PK\u0003\u0004 an npz file')],
    ['ends at byte 4', Buffer.from('\x93NUM', 'latin1')],
  ])('refuses what it cannot read: %s', async (message, content) => {
    const path = await writeTemporary('rows.npy', content)
    await expect(open({ path })).rejects.toThrow(`${path}: `)
    await expect(open({ path })).rejects.toThrow(message)
  })
})
