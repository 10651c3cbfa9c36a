import { open, stat } from 'node:fs/promises'
import type { Codec } from '../codec.js'
import type { RawRecord } from '../records.js'
import { fileError, ioError } from './file-error.js'
import type { Sequence } from './sequential.js'

/** What the header of an npy file says; its rows are little-endian and follow one another from `start` on. */
export interface NpyHeader {
  readonly dtype: Codec['dtype']
  readonly rows: number
  readonly columns: number
  /** Byte at which the first row begins. */
  readonly start: number
}

const dtypes: Readonly<Record<string, Codec['dtype']>> = { '<f4': 'float32', '<f8': 'float64' }
const longestHeader = 64 * 1024
const runBytes = 1024 * 1024

export const rowBytes = ({ dtype, columns }: NpyHeader): number => columns * (dtype === 'float32' ? 4 : 8)

/** A NumPy array file (2-d, C order, `<f4` or `<f8`): each row is a record of its bytes, as the codecs float32 and float64 read them. */
export class NpyFile implements Sequence {
  constructor(
    readonly topic: string,
    private readonly timestamp: (offset: number) => number,
  ) {}

  async open(): Promise<number> {
    return (await readNpyHeader(this.topic)).rows
  }

  async *read(offset: number, signal: AbortSignal): AsyncIterable<readonly RawRecord[]> {
    const header = await readNpyHeader(this.topic)
    const size = rowBytes(header)
    const perRun = Math.max(1, Math.floor(runBytes / size))
    for (let first = offset; first < header.rows && !signal.aborted; first += perRun) {
      const rows = Math.min(perRun, header.rows - first)
      const bytes = await readExactly(this.topic, rows * size, header.start + first * size)
      yield Array.from({ length: rows }, (_, i) => this.#record(first + i, bytes.subarray(i * size, (i + 1) * size)))
    }
  }

  #record(offset: number, value: Buffer): RawRecord {
    return { offset, timestamp: this.timestamp(offset), key: null, value }
  }
}

/**
 * Reads and checks the header (format versions 1 to 3, numpy.lib.format).
 * Throws for another element type, Fortran order, another number of dimensions, or a file shorter than its header says.
 */
export async function readNpyHeader(path: string): Promise<NpyHeader> {
  const prefix = await readExactly(path, 12, 0)
  if (prefix.toString('latin1', 0, 6) !== '\x93NUMPY') throw fileError(path, 'is no npy file', 'write it with numpy.save')
  const start = prefix[6] === 1 ? 10 : 12
  const length = prefix[6] === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8)
  if (length > longestHeader) throw fileError(path, `its header has ${length} bytes`, 'write it with numpy.save')
  const header = parseHeader(path, (await readExactly(path, length, start)).toString('latin1'), start + length)
  const expected = header.start + header.rows * rowBytes(header)
  const { size } = await stat(path)
  if (size < expected)
    throw fileError(path, `has ${size} bytes, but its header promises ${expected}`, 'the file is cut off: write it again')
  return header
}

function parseHeader(path: string, text: string, start: number): NpyHeader {
  const descr = /'descr':\s*('[^']*'|\[.*?\])/.exec(text)?.[1]?.replaceAll("'", '')
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1]
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1]
  if (descr === undefined || order === undefined || shape === undefined)
    throw fileError(path, 'its header is broken', 'write it with numpy.save')
  const dtype = dtypes[descr]
  if (dtype === undefined) throw fileError(path, `its numbers are ${descr}`, "expected '<f4' or '<f8': save it as a.astype('<f4')")
  if (order === 'True') throw fileError(path, 'is in Fortran order', 'save it as np.ascontiguousarray(a)')
  const sizes = shape
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  const [rows, columns] = sizes
  if (sizes.length !== 2)
    throw fileError(path, `has ${sizes.length} dimensions`, 'expected 2 (rows x features): save it as a.reshape(len(a), -1)')
  if (columns === 0 || !Number.isSafeInteger(rows * columns * 8))
    throw fileError(path, `its shape is (${shape})`, 'expected rows of at least one feature')
  return { dtype, rows, columns, start }
}

/** Opens the file anew each time: a reader that is left in the middle then holds nothing open. */
async function readExactly(path: string, length: number, position: number): Promise<Buffer> {
  const failed = (error: unknown): never => {
    throw ioError(path, error)
  }
  const bytes = Buffer.allocUnsafe(length)
  const file = await open(path, 'r').catch(failed)
  try {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, position + done).catch(failed)
      if (bytesRead === 0) throw fileError(path, `ends at byte ${position + done}`, 'the file is cut off: write it again')
      done += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}
