import { describe, expect, it } from 'vitest'
import { csv } from '../../../connectors/codecs/csv.js'
import { decode, makeCodec, recordOf } from '../../contract/codec-contract.js'

const columns = ['at', 'alpha', 'beta', 'gamma']
const decodeLine = (line: string | Buffer, options: object = {}) =>
  decode(makeCodec(csv, options, { columns }), recordOf(Buffer.from(line)))

describe('csv', () => {
  it('takes the columns by name, in the order of the reference', () => {
    const codec = makeCodec(csv, {}, { columns: ['gamma', 'x', 'beta', 'alpha'] })
    expect(decode(codec, recordOf(Buffer.from('3,text,2,1'))).values).toEqual([1, 2, 3])
  })

  it('finds the column of a feature that the reference names by a path', () => {
    const codec = makeCodec(csv, {}, { columns, features: ['data.alpha', 'data.gamma'] })
    expect(decode(codec, recordOf(Buffer.from('t,1,2,3')), 2).values).toEqual([1, 3])
  })

  it.each(['1', '-1.5', '+2', ' 3 ', '.5', '5.', '1e-7', '6.02E+23'])('reads "%s" as a number', (cell) => {
    expect(decodeLine(`t,${cell},2,3`).values[0]).toBe(Number(cell))
  })

  it.each([
    ['missing_feature', 't,,2,3'],
    ['missing_feature', 't, ,2,3'],
    ['not_a_number', 't,0x10,2,3'],
    ['not_a_number', 't,1_000,2,3'],
    ['not_a_number', 't,one,2,3'],
    ['not_finite', 't,NaN,2,3'],
    ['not_finite', 't,-inf,2,3'],
    ['not_finite', 't,1e999,2,3'],
    ['dimension', 't,1,2'],
    ['dimension', 't,1,2,3,4'],
    ['dimension', 't;1;2;3'],
    ['undecodable', 't,1,2,3\nt,1,2,3'],
    ['undecodable', '"t,1,2,3'],
    ['undecodable', 't"t,1,2,3'],
    ['undecodable', '"t",1,2,3\n"t",1,2,3'],
  ])('rejects as %s: %j', (reason, line) => {
    expect(decodeLine(line).rejection?.reason).toBe(reason)
  })

  it('rejects bytes that are no UTF-8', () => {
    expect(decodeLine(Buffer.from([0x31, 0x2c, 0xc3])).rejection?.reason).toBe('undecodable')
  })

  it('rejects a long run of digits and dots in no time', () => {
    const codec = makeCodec(csv, {}, { columns, maxMessageBytes: 1e7 })
    expect(decode(codec, recordOf(Buffer.from(`t,${'1'.repeat(1_000_000)}x,2,3`))).rejection?.reason).toBe('not_a_number')
  })

  it('reads time, stream and id from columns', () => {
    const codec = makeCodec(csv, { time: 'at', stream: 'tenant', id: 'id' }, { columns: ['id', 'at', 'tenant', 'alpha', 'beta', 'gamma'] })
    const { row, rejection } = decode(codec, recordOf(Buffer.from('r1,2025-12-31 23:00:00,"a,b",1,2,3\r\n')))
    expect(rejection).toBeUndefined()
    expect(row).toMatchObject({ id: 'r1', time: Date.UTC(2025, 11, 31, 23), stream: 'a,b' })
  })

  it('refuses options that do not fit the file', () => {
    expect(() => makeCodec(csv, {})).toThrow(/decode.csv.columns: is missing/)
    expect(() => makeCodec(csv, { time: 'when' }, { columns })).toThrow('there is no column "when"; the columns are at, alpha, beta, gamma')
    expect(() => makeCodec(csv, { features: ['beta', 'alpha', 'gamma'] }, { columns })).toThrow(/decode.csv.features\[0\]/)
    expect(csv.schema.safeParse({ delimiter: '"' }).success).toBe(false)
    expect(csv.schema.safeParse({ columns: ['a', 'a'] }).success).toBe(false)
  })

  it('knows the names of features for fit', () => {
    const names = (options: object) => csv.featureNames(csv.schema.parse(options), { columns, sample: undefined })
    expect(names({ time: 'at' })).toEqual(['alpha', 'beta', 'gamma'])
    expect(names({ features: ['beta'] })).toEqual(['beta'])
    expect(names({ columns: ['a', 'b'], stream: 'a' })).toEqual(['b'])
  })
})
