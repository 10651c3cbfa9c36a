import { describe, expect, it } from 'vitest'
import { csv } from '../../../connectors/codecs/csv.js'
import { json } from '../../../connectors/codecs/json.js'
import type { RawRecord } from '../../../connectors/records.js'
import { decode, makeCodec, recordOf } from '../../contract/codec-contract.js'

const hour = 3_600_000
const now = Date.UTC(2026, 0, 1)

/** Decodes a right message with the given fields beside its features. */
const decodeWith = (options: object, fields: object, rest: Partial<RawRecord> = {}) => {
  const codec = makeCodec(json, { vector: 'v', ...options })
  return decode(codec, recordOf(Buffer.from(JSON.stringify({ v: [1, 2, 3], ...fields })), rest))
}

describe('stream', () => {
  it.each([
    ['tenant-7', 'tenant-7'],
    [42, '42'],
    ['émile 😀', 'émile 😀'],
  ])('takes %j', (sent, stream) => {
    expect(decodeWith({ stream: 'tenant' }, { tenant: sent }).row.stream).toBe(stream)
  })

  it.each([[''], [null], [true], [{}], [['a']], ['x'.repeat(257)], ['\ud800']])('rejects %j', (sent) => {
    expect(decodeWith({ stream: 'tenant' }, { tenant: sent }).rejection?.reason).toBe('no_stream')
  })

  it('rejects a record without it', () => {
    expect(decodeWith({ stream: 'tenant' }, {}).rejection?.detail).toBe(
      'the stream\'s name in "tenant" is nothing; expected text of 1 to 256 characters or a number',
    )
    expect(decodeWith({ stream: { key: true } }, {}).rejection?.reason).toBe('no_stream')
    expect(decodeWith({ stream: { key: true } }, {}, { key: Buffer.of(0xff) }).rejection?.reason).toBe('no_stream')
    expect(decodeWith({ stream: { header: 'toString' } }, {}, { headers: {} }).rejection?.reason).toBe('no_stream')
  })
})

describe('id', () => {
  it('is taken where it stands, and left out where there is none', () => {
    expect(decodeWith({ id: 'id' }, { id: 17 }).row.id).toBe('17')
    expect(decodeWith({ id: 'id' }, {}).row.id).toBeUndefined()
    expect(decodeWith({ id: { key: true } }, {}, { key: Buffer.from('k') }).row.id).toBe('k')
  })
})

describe('time', () => {
  const timeOf = (options: object, at: unknown) => {
    const { rejection, row } = decodeWith({ time: 'at', ...options }, { at })
    return rejection?.reason ?? row.time
  }

  it.each([
    ['2025-12-31T23:00:00Z', now - hour],
    ['2025-12-31T23:00:00.250Z', now - hour + 250],
    ['2025-12-31T23:00:00.250999999Z', now - hour + 250],
    ['2026-01-01T00:00:00+01:00', now - hour],
    ['2026-01-01T00:00:00+0100', now - hour],
    ['2025-12-31 23:00:00', now - hour],
    ['2025-12-31 23:00', now - hour],
    ['2025-12-31 23:00:00,250', now - hour + 250],
    ['2025-12-31', now - 24 * hour],
    [now - hour, now - hour],
    [String(now - hour), now - hour],
    [(now - hour) / 1000 + 0.25, now - hour + 250],
    [(now - hour) * 1000, now - hour],
    [(now - hour) * 1e6, now - hour],
  ])('reads %j whatever the zone of the machine', (sent, time) => {
    expect(timeOf({}, sent)).toBe(time)
  })

  it('may stand in the key, and is no time where the record has none', () => {
    const fromKey = (key: Buffer | null) => decodeWith({ time: { key: true } }, {}, { key })
    expect(fromKey(Buffer.from('2025-12-31T23:00:00Z')).row.time).toBe(now - hour)
    expect(fromKey(Buffer.from('tenant-1')).rejection?.detail).toBe('the time in the key is "tenant-1"; expected ISO 8601 or a number')
    expect(fromKey(null).rejection?.reason).toBe('bad_time')
  })

  it('keeps to the given unit', () => {
    expect(timeOf({ timeUnit: 's' }, 1767222000)).toBe(now - hour)
    expect(timeOf({ timeUnit: 'us' }, 1767222000000000)).toBe(now - hour)
    expect(timeOf({ timeUnit: 'ms' }, 1767222000)).toBe('time_out_of_range')
  })

  it.each([[null], ['yesterday'], ['2026-13-01'], ['2026-01-01T25:00:00Z'], ['01/02/2026'], [''], [true], [{}]])('rejects %j', (sent) => {
    expect(timeOf({}, sent)).toBe('bad_time')
  })

  it.each([[0], [-1], ['1999-12-31T23:59:59Z'], ['2026-01-02T00:00:01Z'], ['9999-01-01'], [1e15], [1e300]])(
    'finds %j out of range',
    (sent) => {
      expect(timeOf({ timeUnit: 'ms' }, sent)).toBe('time_out_of_range')
    },
  )

  it('says what it found and what it expected', () => {
    expect(decodeWith({ time: 'at' }, { at: '2026-03-01' }).rejection?.detail).toBe(
      'the time in "at" is 2026-03-01T00:00:00.000Z; expected 2000-01-01T00:00:00.000Z to 2026-01-02T00:00:00.000Z',
    )
    expect(decodeWith({ time: 'at' }, { at: 'soon' }).rejection?.detail).toBe('the time in "at" is "soon"; expected ISO 8601 or a number')
  })

  it('lets the future be as far as the option says', () => {
    expect(timeOf({ maxFuture: '90d' }, '2026-03-01')).toBe(Date.UTC(2026, 2, 1))
  })

  it('does not hold event times against row numbers of a file without a clock', () => {
    const { rejection, row } = decodeWith({ time: 'at' }, { at: '2020-03-09' }, { timestamp: 60_000 })
    expect(rejection).toBeUndefined()
    expect(row.time).toBe(Date.UTC(2020, 2, 9))
  })
})

describe('label', () => {
  it.each([
    ['refund', 'refund'],
    [7, '7'],
    [false, 'false'],
    [null, undefined],
    ['', undefined],
    [['a'], undefined],
    ['x'.repeat(257), undefined],
  ])('takes %j as %j', (sent, label) => {
    const { row, rejection } = decodeWith({ label: 'class' }, { class: sent })
    expect(rejection).toBeUndefined()
    expect(row.label).toBe(label)
  })

  it('may stand in the key, or be missing', () => {
    expect(decodeWith({ label: { key: true } }, {}, { key: Buffer.from('refund') }).row.label).toBe('refund')
    expect(decodeWith({ label: 'class' }, {}).row.label).toBeUndefined()
  })
})

describe('group', () => {
  const groupOf = (options: object, fields: object, rest: Partial<RawRecord> = {}, groups = true) => {
    const codec = makeCodec(json, { vector: 'v', ...options }, { groups })
    const { row, rejection } = decode(codec, recordOf(Buffer.from(JSON.stringify({ v: [1, 2, 3], ...fields })), rest))
    expect(rejection).toBeUndefined()
    return row.group
  }

  it('is text or a number from a field, the key or a header, and may be missing', () => {
    expect(groupOf({ group: 'tile' }, { tile: 'a7' })).toBe('a7')
    expect(groupOf({ group: 'tile' }, { tile: 7 })).toBe('7')
    expect(groupOf({ group: { key: true } }, {}, { key: Buffer.from('clip-3') })).toBe('clip-3')
    expect(groupOf({ group: { header: 'scene' } }, {}, { headers: { scene: Buffer.from('yard') } })).toBe('yard')
    for (const tile of [null, '', [], {}]) expect(groupOf({ group: 'tile' }, { tile })).toBeUndefined()
    expect(groupOf({ group: 'tile' }, {})).toBeUndefined()
  })

  it('is read for a fit alone: a live csv line needs no column of it', () => {
    expect(groupOf({ group: 'tile' }, { tile: 'a7' }, {}, false)).toBeUndefined()
    const columns = ['x', 'y', 'tile']
    expect(csv.featureNames(csv.schema.parse({ group: 'tile' }), { columns, sample: undefined })).toEqual(['x', 'y'])
    const options = { group: 'tile', features: ['x', 'y'] }
    const fitted = makeCodec(csv, options, { columns, features: ['x', 'y'], groups: true })
    expect(decode(fitted, recordOf(Buffer.from('1,2,a7')), 2).row.group).toBe('a7')
    const live = makeCodec(csv, options, { columns: ['x', 'y'], features: ['x', 'y'] })
    expect(decode(live, recordOf(Buffer.from('1,2')), 2).rejection).toBeUndefined()
    expect(() => makeCodec(csv, options, { columns: ['x', 'y'], features: ['x', 'y'], groups: true })).toThrow(/tile/)
  })
})
