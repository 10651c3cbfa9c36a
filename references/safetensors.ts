import { z } from 'zod'

/**
 * The safetensors file format, for float64 and float32: 8 bytes of header length (little-endian), a JSON header
 * that gives each tensor's dtype, shape and place, then the numbers, little-endian.
 * Reading one can never run code. Source: the format's description in huggingface/safetensors.
 */
export interface NumericTensor {
  readonly shape: readonly number[]
  readonly data: Float64Array | Float32Array
}

/** A file that is not a valid tensor file; the message says what stands where and what was expected. */
export class TensorFileError extends Error {
  override readonly name = 'TensorFileError'
}

const prefixBytes = 8
/** A header that describes a thousand tensors has about 100 kB. */
const maxHeaderBytes = 4 * 1024 * 1024
const itemBytes = { F64: 8, F32: 4 } as const

const entrySchema = z.strictObject({
  dtype: z.enum(['F64', 'F32']),
  shape: z.array(z.int().nonnegative()).max(8),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
})
type Entry = z.output<typeof entrySchema>

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)
const shown = (name: string): string => `tensor ${JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)}`

/** The file's bytes; tensors stand in the order of the map. Throws `RangeError` when a shape does not hold its data. */
export function encodeTensors(tensors: ReadonlyMap<string, NumericTensor>): Uint8Array {
  const header: [string, Entry][] = []
  let end = 0
  for (const [name, { shape, data }] of tensors) {
    if (sizeOf(shape) !== data.length) throw new RangeError(`${shown(name)}: shape [${shape}] does not hold ${data.length} numbers`)
    const dtype = data instanceof Float64Array ? 'F64' : 'F32'
    header.push([name, { dtype, shape: [...shape], data_offsets: [end, end + data.byteLength] }])
    end += data.byteLength
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)))
  const headerBytes = Math.ceil(json.length / 8) * 8
  const file = Buffer.alloc(prefixBytes + headerBytes + end, ' ')
  file.writeBigUInt64LE(BigInt(headerBytes))
  json.copy(file, prefixBytes)
  let at = prefixBytes + headerBytes
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}

/**
 * The tensors of a file, in the order of their data. The data must fill the file without gaps or overlaps, so what is
 * allocated is never more than the file itself. Throws `TensorFileError`.
 */
export function decodeTensors(file: Uint8Array): Map<string, NumericTensor> {
  const { entries, dataStart } = readHeader(file)
  const dataBytes = file.byteLength - dataStart
  const tensors = new Map<string, NumericTensor>()
  let expected = 0
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const [begin, end] = data_offsets
    if (begin !== expected || end < begin || end > dataBytes) {
      throw new TensorFileError(
        `${shown(name)} stands at bytes ${begin} to ${end} of the data; expected it to start at ${expected} and end by ${dataBytes}`,
      )
    }
    if (sizeOf(shape) * itemBytes[dtype] !== end - begin) {
      throw new TensorFileError(`${shown(name)} of ${dtype} with shape [${shape}] does not fill its ${end - begin} bytes`)
    }
    const bytes = new Uint8Array(file.subarray(dataStart + begin, dataStart + end)).buffer
    tensors.set(name, { shape, data: dtype === 'F64' ? new Float64Array(bytes) : new Float32Array(bytes) })
    expected = end
  }
  if (expected !== dataBytes) throw new TensorFileError(`the data ends at byte ${expected}, the file at ${dataBytes}`)
  return tensors
}

function readHeader(file: Uint8Array): { entries: [string, Entry][]; dataStart: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.byteLength < prefixBytes) throw new TensorFileError(`the file has ${file.byteLength} bytes; expected at least ${prefixBytes}`)
  const length = view.getBigUint64(0, true)
  const limit = Math.min(maxHeaderBytes, file.byteLength - prefixBytes)
  if (length > BigInt(limit)) throw new TensorFileError(`the header claims ${length} bytes; expected at most ${limit}`)
  const dataStart = prefixBytes + Number(length)
  const header = parseObject(file.subarray(prefixBytes, dataStart))
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__')
  const parsed = entries.map(([name, value]): [string, Entry] => {
    const entry = entrySchema.safeParse(value)
    if (entry.success) return [name, entry.data]
    const { path, message } = entry.error.issues[0]
    throw new TensorFileError(`${shown(name)}, header field "${path.join('.')}": ${message}`)
  })
  return {
    entries: parsed.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]),
    dataStart,
  }
}

function parseObject(bytes: Uint8Array): object {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new TensorFileError('the header is not JSON', { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TensorFileError('the header is not a JSON object')
  return value
}
