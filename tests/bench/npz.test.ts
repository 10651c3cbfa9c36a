import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { npyFile, readNpz } from '../../bench/npz.js'
import { NpyFile, readNpyHeader } from '../../connectors/files/npy.js'

interface Entry {
  readonly name: string
  readonly bytes: Buffer
  readonly packed?: boolean
  /** Bytes of an extra field that only the local header has. */
  readonly extra?: number
}

/** A zip file as APPNOTE 4.3 describes it. */
function zip(entries: readonly Entry[], method?: number): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes, packed = false, extra = 0 } of entries) {
    const data = packed ? deflateRawSync(bytes) : bytes
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(extra, 28)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(method ?? (packed ? 8 : 0), 10)
    central.writeUInt32LE(data.length, 20)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(at, 42)
    directory.push(central, Buffer.from(name))
    const part = Buffer.concat([local, Buffer.from(name), Buffer.alloc(extra), data])
    parts.push(part)
    at += part.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

function npy(descr: string, fortran: 'True' | 'False', shape: string, data: Float32Array | Float64Array, version: 1 | 2 = 1): Buffer {
  const header = Buffer.from(`{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }\n`, 'latin1')
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) length.writeUInt16LE(header.length)
  else length.writeUInt32LE(header.length)
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), length, header, Buffer.from(data.buffer)])
}

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

  it.each([
    ['another element type', zip([{ name: 'a.npy', bytes: npy('<i8', 'False', '1, 1', Float64Array.of(1)) }]), /a.npy: expected a two-dim/],
    ['another number of dimensions', zip([{ name: 'a.npy', bytes: npy('<f8', 'False', '1,', Float64Array.of(1)) }]), /'shape': \(1,\)/],
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
