import fc from 'fast-check'
import { expect } from 'vitest'
import { rejectReasons } from '../../connectors/codec.js'
import { codecs } from '../../connectors/codecs/registry.js'
import { type RawRecord, Records } from '../../connectors/records.js'
import { codecCases } from '../contract/codec-cases.js'
import { type CodecCase, codecContext, contractFeatures } from '../contract/codec-contract.js'
import { embedded } from '../contract/made-up-pictures.js'
import { codecCorpus } from './corpus/codecs.js'
import { editedBytes, hostileNames, repeated } from './edits.js'
import type { Target } from './fuzzer.js'

const maxMessageBytes = 2 ** 20
const d = contractFeatures.length
const guard = -7

/** Every codec in every way of its contract's cases, each with names and times from outside too. */
export const codecTargets = (): Target<RawRecord>[] =>
  codecs.flatMap((kind) =>
    Object.entries(codecCases[kind.type] ?? {}).flatMap(([name, { options, columns, ...each }]) =>
      [{}, { stream: { key: true }, time: { header: 'time' }, id: { header: '__proto__' } }].map((meta) => ({
        name: `codec ${name}${'stream' in meta ? ', with names and times' : ''}`,
        corpus: codecCorpus.map((value) => recordOf(value)),
        cases: records(each),
        runs: 260,
        attempt: judge(kind.create(kind.schema.parse({ ...Object(options), ...meta }), codecContext({ columns, maxMessageBytes }))),
      })),
    ),
  )

const recordOf = (value: Buffer | null, rest: Partial<RawRecord> = {}): RawRecord => ({
  offset: 7,
  timestamp: Date.UTC(2026, 0, 1),
  key: Buffer.from('key'),
  value,
  headers: { time: '2026-01-01T00:00:00Z' },
  ...rest,
})

function records({ encode, hostile }: Pick<CodecCase, 'encode' | 'hostile'>): fc.Arbitrary<RawRecord> {
  const right = fc.array(fc.double({ noNaN: true }), { minLength: d, maxLength: d }).map((values) => encode(values))
  const fragments = ['[', '{', '{"a":', '{"a":[', '"', '\\', '\\"', ',', ';', ' ', '\n', '\r\n', '1', 'e', '-', '.', '""', '"a"', '\u0000']
  const long = repeated(['', '{"alpha":', '{"alpha":"', '[1,2,', 'x,1,2,', 'x,"'], fragments, 100_000).map((text) => Buffer.from(text))
  const value = fc.oneof(
    { weight: 8, arbitrary: editedBytes(right) },
    { weight: 5, arbitrary: hostile ?? right },
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 2, arbitrary: long },
    { weight: 1, arbitrary: fc.constant(null) },
  )
  const text = fc.oneof(fc.constantFrom(...hostileNames), fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('x'.repeat(100_000)))
  const bytes = fc.oneof(
    text.map((name) => Buffer.from(name)),
    fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some)),
  )
  const time = fc.oneof(
    fc.constantFrom('2026-01-01', '0000-00-00', '9999-99-99T99:99:99Z', '1e400', '9'.repeat(20), '-1', 'NaN', ' '),
    fc.date({ noInvalidDate: false }).map((date) => (Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString())),
  )
  const header = fc.oneof(bytes, text, time, fc.array(bytes, { maxLength: 2 }))
  return fc
    .record({
      value,
      timestamp: fc.oneof(fc.constantFrom(Date.UTC(2026, 0, 1), -1, 0, Number.NaN, Number.POSITIVE_INFINITY), fc.double()),
      key: fc.option(bytes, { nil: null }),
      headers: fc.option(fc.dictionary(fc.constantFrom('time', 'id', '__proto__', 'constructor'), header), { nil: undefined }),
    })
    .map(({ value, ...rest }) => recordOf(value, rest))
}

/** A record becomes a row of finite numbers with usable names and time, or a rejection; nothing beside the row is written. */
const judge = (codec: ReturnType<(typeof codecs)[number]['create']>) => (record: RawRecord) => {
  const values = (codec.dtype === 'float32' ? new Float32Array(3 * d) : new Float64Array(3 * d)).fill(guard)
  const row = { values, at: d, stream: 'default', time: Date.UTC(2026, 0, 1), id: undefined as string | undefined }
  const before = record.value === null ? null : Buffer.from(record.value)
  const rejection = codec.decode(embedded(codec, Records.of([record]), d), 0, row)
  expect(record.value === null || before?.equals(record.value), 'the record is left as it was').toBe(true)
  expect([...values.subarray(0, d), ...values.subarray(2 * d)]).toEqual(Array(2 * d).fill(guard))
  if (rejection !== undefined) {
    expect(rejectReasons).toContain(rejection.reason)
    expect(rejection.detail).toMatch(/^.{1,200}$/su)
    return
  }
  expect([...values.subarray(d, 2 * d)].every(Number.isFinite)).toBe(true)
  expect(row.stream).toMatch(/^.{1,256}$/su)
  expect(row.stream).not.toMatch(/\p{Cs}/u)
  expect(new Date(row.time).toISOString()).toMatch(/^\d{4}-/)
  expect(row.id === undefined || typeof row.id === 'string').toBe(true)
}
