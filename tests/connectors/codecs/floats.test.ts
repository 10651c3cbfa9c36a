import { describe, expect, it } from 'vitest'
import { float32, float64 } from '../../../connectors/codecs/floats.js'
import { decode, makeCodec, recordOf } from '../../contract/codec-contract.js'

describe.each([
  { kind: float32, size: 4, put: 'writeFloatLE' as const },
  { kind: float64, size: 8, put: 'writeDoubleLE' as const },
])('$kind.type', ({ kind, size, put }) => {
  const encode = (...values: number[]) => {
    const bytes = Buffer.alloc(values.length * size)
    for (const [i, value] of values.entries()) bytes[put](value, i * size)
    return bytes
  }
  const codec = makeCodec(kind, {})

  it('reads little-endian numbers, down to the smallest', () => {
    const smallest = size === 4 ? 2 ** -149 : 2 ** -1074
    expect(decode(codec, recordOf(encode(1.5, -0, smallest))).values).toEqual([1.5, -0, smallest])
  })

  it.each([[1], [size - 1], [2 * size], [3 * size + 1], [4 * size]])('rejects %i bytes', (length) => {
    expect(decode(codec, recordOf(Buffer.alloc(length))).rejection).toEqual({
      reason: 'dimension',
      detail: `the value has ${length} bytes; expected ${3 * size} (3 ${kind.type} numbers)`,
    })
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('rejects %d, and names its feature', (bad) => {
    for (const [i, name] of ['alpha', 'beta', 'gamma'].entries()) {
      const { rejection } = decode(codec, recordOf(encode(...[1, 2, 3].with(i, bad))))
      expect(rejection).toEqual({ reason: 'not_finite', detail: `feature "${name}" is ${bad}; expected a finite number` })
    }
  })

  it('takes the largest numbers, whose sum is not finite', () => {
    const largest = size === 4 ? Math.fround(3.4028234663852886e38) : Number.MAX_VALUE
    expect(decode(codec, recordOf(encode(largest, largest, largest))).rejection).toBeUndefined()
  })

  it('goes on right in the next batch', () => {
    expect(decode(codec, recordOf(encode(1, 2, 3))).values).toEqual([1, 2, 3])
    expect(decode(codec, recordOf(encode(4, 5, 6))).values).toEqual([4, 5, 6])
  })

  it('knows the names of features for fit from a record', () => {
    const names = (bytes: number) => kind.featureNames(kind.schema.parse({}), { columns: undefined, sample: recordOf(Buffer.alloc(bytes)) })
    expect(names(2 * size)).toEqual(['x0', 'x1'])
    expect(names(2 * size + 1)).toBeUndefined()
    expect(names(0)).toBeUndefined()
  })

  it('has no fields to name', () => {
    expect(kind.schema.safeParse({ stream: 'tenant' }).success).toBe(false)
  })
})
