import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeTensors, encodeTensors, type NumericTensor, TensorFileError } from '../../references/safetensors.js'

const tensor = fc.oneof(
  fc.float64Array({ maxLength: 12 }).map((data): NumericTensor => ({ shape: [data.length], data })),
  fc.float32Array({ maxLength: 12 }).map((data): NumericTensor => ({ shape: [data.length, 1], data })),
)
const tensors = fc.uniqueArray(fc.tuple(fc.string(), tensor), { selector: ([name]) => name, maxLength: 6 }).map((list) => new Map(list))

/** A file from a header written by hand, as a hostile author would. */
function forged(header: string, dataBytes: number, claimed = BigInt(Buffer.byteLength(header))): Uint8Array {
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(claimed)
  return Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(dataBytes)])
}
const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({ dtype, shape, data_offsets: [begin, end] })

describe('tensor files', () => {
  it('give back what was written, bit for bit, in order', () => {
    fc.assert(
      fc.property(tensors, (written) => {
        written.delete('__metadata__')
        const read = decodeTensors(encodeTensors(written))
        expect(read).toEqual(written)
        expect(new Set(read.keys())).toEqual(new Set(written.keys()))
      }),
    )
  })

  it('are laid out as the format says', () => {
    const file = Buffer.from(encodeTensors(new Map([['a', { shape: [2], data: new Float64Array([1, -2]) }]])))
    const headerBytes = Number(file.readBigUInt64LE(0))
    expect(headerBytes % 8).toBe(0)
    expect(JSON.parse(file.subarray(8, 8 + headerBytes).toString())).toEqual({ a: entry('F64', [2], 0, 16) })
    expect(file.readDoubleLE(8 + headerBytes)).toBe(1)
    expect(file.readDoubleLE(16 + headerBytes)).toBe(-2)
  })

  it('written by others read back: metadata, float32, any order of names', () => {
    const header = { z: entry('F32', [1], 0, 4), __metadata__: { format: 'np' }, a: entry('F64', [], 4, 12) }
    const read = decodeTensors(forged(JSON.stringify(header), 12))
    expect([...read.keys()]).toEqual(['z', 'a'])
    expect(read.get('a')).toEqual({ shape: [], data: new Float64Array(1) })
  })

  it.each([
    ['a header longer than the file', forged('{}', 0, 3n), /header claims 3 bytes; expected at most 2/],
    ['a header of 2^64 - 1 bytes', forged('{}', 0, 2n ** 64n - 1n), /header claims 18446744073709551615 bytes/],
    ['an empty file', new Uint8Array(0), /the file has 0 bytes/],
    ['a header that is not JSON', forged('{"a":', 0), /not JSON/],
    ['a header that is not UTF-8', Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0xff])]), /not JSON/],
    ['a list as header', forged('[]', 0), /not a JSON object/],
    ['an unknown dtype', forged(JSON.stringify({ a: entry('I64', [1], 0, 8) }), 8), /tensor "a", header field "dtype"/],
    ['a negative length', forged(JSON.stringify({ a: entry('F64', [-1], 0, 8) }), 8), /field "shape.0"/],
    ['a length that overflows', forged(JSON.stringify({ a: entry('F64', [2 ** 50, 2 ** 50], 0, 8) }), 8), /does not fill its 8 bytes/],
    ['an offset past the end', forged(JSON.stringify({ a: entry('F64', [2], 0, 16) }), 8), /bytes 0 to 16/],
    ['an offset before the start', forged(JSON.stringify({ a: entry('F64', [1], -8, 0) }), 8), /field "data_offsets.0"/],
    ['a reversed range', forged(JSON.stringify({ a: entry('F64', [1], 8, 0) }), 8), /bytes 8 to 0/],
    ['overlapping tensors', forged(JSON.stringify({ a: entry('F64', [1], 0, 8), b: entry('F64', [1], 4, 12) }), 12), /start at 8/],
    ['a gap', forged(JSON.stringify({ a: entry('F64', [1], 0, 8), b: entry('F64', [1], 16, 24) }), 24), /start at 8/],
    ['data that nobody owns', forged(JSON.stringify({ a: entry('F64', [1], 0, 8) }), 16), /data ends at byte 8, the file at 16/],
    ['an unknown header field', forged(JSON.stringify({ a: { ...entry('F64', [1], 0, 8), code: 'x' } }), 8), /tensor "a"/],
  ])('with %s are refused', (_, file, message) => {
    expect(() => decodeTensors(file)).toThrow(TensorFileError)
    expect(() => decodeTensors(file)).toThrow(message)
  })

  it('with the name of a prototype reach no prototype', () => {
    const header = `{"__proto__":{"dtype":"F64","shape":[1],"data_offsets":[0,8],"polluted":1}}`
    expect(() => decodeTensors(forged(header, 8))).toThrow(/tensor "__proto__"/)
    const read = decodeTensors(forged(header.replace(',"polluted":1', ''), 8))
    expect([...read.keys()]).toEqual(['__proto__'])
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('with any bytes changed, cut off or added read or are refused, never crash', () => {
    const file = encodeTensors(
      new Map<string, NumericTensor>([
        ['mean', { shape: [3], data: new Float64Array([1, 2, 3]) }],
        ['rows', { shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) }],
      ]),
    )
    const change = fc.record({ at: fc.nat(file.length - 1), byte: fc.nat(255) })
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(file.length),
        fc.uint8Array({ maxLength: 9 }),
        (changes, cut, tail) => {
          const mutated = Buffer.concat([file.subarray(0, cut), tail])
          for (const { at, byte } of changes) if (at < mutated.length) mutated[at] = byte
          try {
            const read = decodeTensors(mutated)
            const bytes = [...read.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
            expect(bytes).toBeLessThan(mutated.length)
          } catch (error) {
            expect(error).toBeInstanceOf(TensorFileError)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})
