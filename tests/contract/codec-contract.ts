import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Codec, type Rejection, type Row, rejectReasons } from '../../connectors/codec.js'
import type { CodecKind } from '../../connectors/codecs/codec-kind.js'
import type { CodecContext } from '../../connectors/component.js'
import { type RawRecord, Records } from '../../connectors/records.js'
import { embedded } from './made-up-pictures.js'
import { silent } from './silent-logger.js'

/** One way to configure a codec, and the messages that then are right. */
export interface CodecCase {
  readonly options: unknown
  readonly columns?: readonly string[]
  /** The message that carries these numbers. */
  encode(values: readonly number[]): Buffer
  /** Messages that this format's enemies would send, beside random bytes. */
  readonly hostile?: fc.Arbitrary<Buffer>
}

export const contractFeatures = ['alpha', 'beta', 'gamma'] as const
const d: number = contractFeatures.length
const maxMessageBytes = 4096
const defaults = { stream: 'default', time: Date.UTC(2026, 0, 1) }

export const codecContext = (overrides: Partial<CodecContext> = {}): CodecContext => ({
  monitor: 'test',
  logger: silent,
  features: contractFeatures,
  columns: undefined,
  maxMessageBytes,
  ...overrides,
})

export const makeCodec = (kind: CodecKind, options: unknown, overrides: Partial<CodecContext> = {}): Codec =>
  kind.create(kind.schema.parse(options), codecContext(overrides))

export const recordOf = (value: Buffer | null, rest: Partial<RawRecord> = {}): RawRecord => ({
  offset: 7,
  timestamp: defaults.time,
  key: null,
  value,
  ...rest,
})

export interface Decoded {
  readonly row: Row
  readonly rejection: Rejection | undefined
  /** The numbers of the row. */
  readonly values: readonly number[]
}

/** Decodes one record into a row of its own. */
export function decode(codec: Codec, record: RawRecord, width = d): Decoded {
  const values = codec.dtype === 'float32' ? new Float32Array(width) : new Float64Array(width)
  const row: Row = { values, at: 0, ...defaults, id: undefined }
  const rejection = codec.decode(embedded(codec, Records.of([record]), width), 0, row)
  return { row, rejection, values: Array.from(values) }
}

/** What every codec must do. */
export function describeCodecContract(name: string, kind: CodecKind, { options, columns, encode, hostile }: CodecCase): void {
  describe(`codec contract: ${name}`, () => {
    const codec = makeCodec(kind, options, { columns })
    const rounded = (numbers: readonly number[]) => (codec.dtype === 'float32' ? numbers.map(Math.fround) : numbers)
    const number =
      codec.dtype === 'float32' ? fc.float({ noNaN: true, noDefaultInfinity: true }) : fc.double({ noNaN: true, noDefaultInfinity: true })
    const numbers = fc.array(number, { minLength: d, maxLength: d })
    const prototypes = () => [Object.prototype, Array.prototype, Function.prototype].map((prototype) => Reflect.ownKeys(prototype))
    let before: PropertyKey[][]
    beforeAll(() => {
      before = prototypes()
    })
    afterAll(() => expect(prototypes(), 'no message changes what all objects inherit').toEqual(before))

    const expectRowOrRejection = (bytes: Buffer) => {
      const copy = Buffer.from(bytes)
      const { rejection, values } = decode(codec, recordOf(bytes))
      expect(bytes, 'the record is left as it was').toEqual(copy)
      if (rejection === undefined) expect(values.every(Number.isFinite)).toBe(true)
      else {
        expect(rejectReasons).toContain(rejection.reason)
        expect(rejection.detail.length).toBeGreaterThan(0)
        expect(rejection.detail.length).toBeLessThanOrEqual(200)
      }
      expect(decode(codec, recordOf(bytes)).rejection, 'the same again').toEqual(rejection)
    }

    it('decodes the numbers of every right message', () => {
      fc.assert(
        fc.property(numbers, (sent) => {
          const { rejection, values } = decode(codec, recordOf(encode(sent)))
          expect(rejection).toBeUndefined()
          // JSON has no -0
          expect(values.map((value) => value + 0)).toEqual(rounded(sent).map((value) => value + 0))
        }),
      )
    })

    it('writes its own row of the batch and nothing beside it, in any view of a buffer', () => {
      const make = (length: number) => (codec.dtype === 'float32' ? new Float32Array(length) : new Float64Array(length))
      const whole = make(4 * d).fill(-1)
      const values = whole.subarray(d)
      const records = embedded(codec, Records.of([recordOf(encode([1, 2, 3]))]), d)
      expect(codec.decode(records, 0, { values, at: d, ...defaults, id: undefined })).toBeUndefined()
      expect(Array.from(whole)).toEqual([-1, -1, -1, -1, -1, -1, 1, 2, 3, -1, -1, -1])
    })

    it('decodes bytes at any alignment', () => {
      const message = encode([1, 2, 3])
      for (let shift = 0; shift < 8; shift++) {
        const value = Buffer.concat([Buffer.alloc(shift), message, Buffer.alloc(9)]).subarray(shift, shift + message.length)
        expect(decode(codec, recordOf(value)).values).toEqual([1, 2, 3])
      }
    })

    it('leaves stream, time and id as they are when it is told nothing of them', () => {
      const record = recordOf(encode([1, 2, 3]), { key: Buffer.from('key'), headers: { h: 'x' } })
      expect(decode(codec, record).row).toMatchObject({ ...defaults, id: undefined })
    })

    it('reads the stream from the key, and the time and id from headers', () => {
      const told = makeCodec(kind, { ...Object(options), stream: { key: true }, time: { header: 'at' }, id: { header: 'id' } }, { columns })
      const headers = { at: Buffer.from('2026-01-01T06:00:00Z'), id: [Buffer.from('first'), 'second'] }
      const { row, rejection } = decode(told, recordOf(encode([1, 2, 3]), { key: Buffer.from('tenant-7'), headers }))
      expect(rejection).toBeUndefined()
      expect(row).toMatchObject({ stream: 'tenant-7', time: Date.UTC(2026, 0, 1, 6), id: 'first' })
    })

    it('rejects nothing at all, and more than the limit', () => {
      expect(decode(codec, recordOf(null)).rejection?.reason).toBe('empty')
      expect(decode(codec, recordOf(Buffer.alloc(0))).rejection?.reason).toBe('empty')
      expect(decode(codec, recordOf(Buffer.alloc(maxMessageBytes + 1, '['))).rejection?.reason).toBe('too_large')
    })

    it('answers random bytes with a row or a reason', () => {
      fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => expectRowOrRejection(Buffer.from(bytes))))
    })

    it('answers damaged messages with a row or a reason', () => {
      const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 })
      fc.assert(
        fc.property(numbers, damage, fc.nat(300), (sent, changes, length) => {
          const bytes = Buffer.from(encode(sent)).subarray(0, Math.max(1, length))
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte
          expectRowOrRejection(bytes)
        }),
        { numRuns: 300 },
      )
    })

    it.skipIf(hostile === undefined)('answers hostile messages with a row or a reason', () => {
      fc.assert(fc.property(hostile ?? fc.constant(Buffer.of(0)), expectRowOrRejection), { numRuns: 300 })
    })
  })
}
