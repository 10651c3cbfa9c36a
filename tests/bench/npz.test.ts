import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { npyFile, readNpz } from '../../bench/npz.js'
import { NpyFile, readNpyHeader } from '../../connectors/files/npy.js'
import { npy, zip } from './npz-files.js'

describe('readNpz', () => {
  it('reads stored and deflated arrays of both widths, whatever the local headers hold besides', () => {
    const arrays = readNpz(
      zip([
        { name: 'wide.npy', bytes: npy('<f8', 'False', '2, 3', Float64Array.of(1, 2, 3, 4, 5, 6)), packed: true, extra: 20 },
        { name: 'narrow.npy', bytes: npy('<f4', 'False', '1, 2', Float32Array.of(0.5, -1), 2) },
      ]),
    )
    expect([...arrays.keys()]).toEqual(['wide', 'narrow'])
    expect(arrays.get('wide')).toEqual({ rows: 2, columns: 3, values: Float64Array.of(1, 2, 3, 4, 5, 6) })
    expect(arrays.get('narrow')).toEqual({ rows: 1, columns: 2, values: Float64Array.of(0.5, -1) })
  })

  it('turns Fortran order into rows', () => {
    const arrays = readNpz(zip([{ name: 'a.npy', bytes: npy('<f4', 'True', '2, 3', Float32Array.of(1, 4, 2, 5, 3, 6)) }]))
    expect(arrays.get('a')?.values).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6))
  })

  it('reads integers, and one dimension as a column', () => {
    const arrays = readNpz(
      zip([
        { name: 'label.npy', bytes: npy('<i8', 'False', '2,', BigInt64Array.of(0n, -1n)) },
        { name: 'pixel.npy', bytes: npy('|u1', 'True', '1, 2', Uint8Array.of(255, 7)) },
        { name: 'short.npy', bytes: npy('<i2', 'False', '1, 2', Int16Array.of(-300, 7)) },
        { name: 'int.npy', bytes: npy('<i4', 'False', '1, 1', Int32Array.of(-70_000)) },
      ]),
    )
    expect(arrays.get('label')).toEqual({ rows: 2, columns: 1, values: Float64Array.of(0, -1) })
    expect(arrays.get('pixel')?.values).toEqual(Float64Array.of(255, 7))
    expect(arrays.get('short')?.values).toEqual(Float64Array.of(-300, 7))
    expect(arrays.get('int')?.values).toEqual(Float64Array.of(-70_000))
  })

  it.each([
    [
      'another element type',
      zip([{ name: 'a.npy', bytes: npy('<c8', 'False', '1, 1', Float64Array.of(1)) }]),
      /a.npy: expected an array of/,
    ],
    ['more dimensions', zip([{ name: 'a.npy', bytes: npy('<f8', 'False', '1, 1, 1', Float64Array.of(1)) }]), /'shape': \(1, 1, 1\)/],
    ['another packing', zip([{ name: 'a.npy', bytes: Buffer.alloc(4) }], 12), /packed by method 12/],
    ['no zip file', Buffer.alloc(100), /no zip file/],
  ])('refuses %s', (_, file, message) => {
    expect(() => readNpz(file)).toThrow(message)
  })
})

describe('npyFile', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-npy-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is what the file source reads, also of a part of a larger array', async () => {
    const path = join(folder, 'rows.npy')
    await writeFile(path, npyFile(Float64Array.of(9, 9, 1.5, -2, 3, 4).subarray(2), 2))
    expect(await readNpyHeader(path)).toMatchObject({ dtype: 'float64', rows: 2, columns: 2 })
    const read: number[] = []
    for await (const records of new NpyFile(path, () => 0).read(0, new AbortController().signal))
      for (const { value } of records) read.push(value!.readDoubleLE(0), value!.readDoubleLE(8))
    expect(read).toEqual([1.5, -2, 3, 4])
  })
})
