import { deflateRawSync } from 'node:zlib'

interface Entry {
  readonly name: string
  readonly bytes: Buffer
  readonly packed?: boolean
  /** Bytes of an extra field that only the local header has. */
  readonly extra?: number
}

/** A zip file as APPNOTE 4.3 describes it. */
export function zip(entries: readonly Entry[], method?: number): Buffer {
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

/** A file of numpy's format; `shape` without its brackets. */
export function npy(
  descr: string,
  fortran: 'True' | 'False',
  shape: string,
  data: ArrayBufferView<ArrayBuffer>,
  version: 1 | 2 = 1,
): Buffer {
  const header = Buffer.from(`{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }\n`, 'latin1')
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) length.writeUInt16LE(header.length)
  else length.writeUInt32LE(header.length)
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), length, header, Buffer.from(data.buffer)])
}
