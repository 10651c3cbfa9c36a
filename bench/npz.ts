import { inflateRawSync } from 'node:zlib'

/** A matrix in row-major order. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_BYTES = 22
const STORED = 0
const DEFLATED = 8

/**
 * The arrays of an npz file (a zip of npy files, numpy.savez) by name; of one dimension (a column) or two,
 * of floats or of integers up to 64 bits, in either order.
 * Throws an `Error` for anything else that is in it.
 */
export function readNpz(file: Buffer): Map<string, Matrix> {
  const arrays = new Map<string, Matrix>()
  for (const { name, bytes } of zipEntries(file)) arrays.set(name.replace(/\.npy$/, ''), readNpy(bytes, name))
  return arrays
}

interface ZipEntry {
  readonly name: string
  readonly bytes: Buffer
}

/** Follows the central directory (APPNOTE 4.3); no comment after it, no zip64, no encryption. */
function* zipEntries(file: Buffer): Generator<ZipEntry> {
  const end = file.length - END_BYTES
  if (end < 0 || file.readUInt32LE(end) !== END) throw new Error('this is no zip file without a comment: write it with numpy.savez')
  let at = file.readUInt32LE(end + 16)
  for (let left = file.readUInt16LE(end + 10); left > 0; left--) {
    if (file.readUInt32LE(at) !== CENTRAL) throw new Error(`the zip file's directory is broken at byte ${at}`)
    const method = file.readUInt16LE(at + 10)
    const packed = file.readUInt32LE(at + 20)
    const nameLength = file.readUInt16LE(at + 28)
    const name = file.toString('utf8', at + 46, at + 46 + nameLength)
    if (method !== STORED && method !== DEFLATED)
      throw new Error(`${name} is packed by method ${method}; expected ${STORED} or ${DEFLATED}`)
    const bytes = file.subarray(startOfData(file, file.readUInt32LE(at + 42))).subarray(0, packed)
    yield { name, bytes: method === DEFLATED ? inflateRawSync(bytes) : bytes }
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32)
  }
}

/** The local header repeats the name and has extra fields of its own. */
const startOfData = (file: Buffer, local: number): number => local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28)

/** An array of one dimension (a column) or two. */
function readNpy(bytes: Buffer, name: string): Matrix {
  const { descr, fortran, shape, data, text } = npyArray(bytes, name)
  const element = elements[descr]
  if (element === undefined || shape.length < 1 || shape.length > 2)
    throw new Error(`${name}: expected an array of one or two dimensions of ${Object.keys(elements).join(', ')}, found ${text}`)
  const [rows, columns] = [shape[0], shape[1] ?? 1]
  const view = new DataView(data.buffer, data.byteOffset, rows * columns * element.bytes)
  const index = fortran ? (row: number, column: number) => column * rows + row : (row: number, column: number) => row * columns + column
  const at = (i: number) => element.read(view, element.bytes * index(Math.floor(i / columns), i % columns))
  return { rows, columns, values: Float64Array.from({ length: rows * columns }, (_, i) => at(i)) }
}

/** An array in numpy's own format. */
export interface NpyArray {
  /** Type of the elements by numpy's name. */
  readonly descr: string
  readonly fortran: boolean
  readonly shape: readonly number[]
  readonly data: Buffer
  /** The header as it stands there, for messages. */
  readonly text: string
}

/** Takes an npy file apart (numpy.lib.format, versions 1 to 3). Throws an `Error` when it is none. */
export function npyArray(bytes: Buffer, name: string): NpyArray {
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY') throw new Error(`${name} is no npy file: write it with numpy.save`)
  const longHeader = bytes[6] > 1
  const begin = longHeader ? 12 : 10
  const start = begin + (longHeader ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8))
  const text = bytes.toString('latin1', begin, start).trim()
  const match = /'descr': '([^']+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\)/.exec(text)
  if (match === null) throw new Error(`${name}: the header of this npy file is broken: ${text}`)
  const shape = match[3].split(',').filter((size) => size.trim() !== '')
  return { descr: match[1], fortran: match[2] === 'True', shape: shape.map(Number), data: bytes.subarray(start), text }
}

interface Element {
  readonly bytes: number
  read(view: DataView, at: number): number
}

/** Types of elements by numpy's name. */
const elements: Readonly<Record<string, Element>> = {
  '|u1': { bytes: 1, read: (view, at) => view.getUint8(at) },
  '<i2': { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  '<i4': { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  '<i8': { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
}

/** An npy file (version 1.0, `<f8`, C order) of rows of d numbers. */
export const npyFile = (values: Float64Array, d: number): Buffer =>
  Buffer.concat([npyHeader('<f8', values.length / d, d), Buffer.from(values.buffer, values.byteOffset, values.byteLength)])

/** What stands before the rows of an npy file. */
export function npyHeader(dtype: '<f4' | '<f8', rows: number, columns: number): Buffer {
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${header}`, 'latin1')
  head.writeUInt16LE(header.length, 8)
  return head
}
