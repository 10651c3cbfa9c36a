import { describe, expect, it } from 'vitest'
import { json } from '../../../connectors/codecs/json.js'
import { codecContext, decode, makeCodec, recordOf } from '../../contract/codec-contract.js'

const named = { features: ['alpha', 'beta', 'gamma'] }
const decodeText = (options: unknown, text: string | Buffer, maxMessageBytes = 16 * 1024 * 1024) =>
  decode(makeCodec(json, options, { maxMessageBytes }), recordOf(Buffer.from(text)))
const reasonOf = (options: unknown, text: string | Buffer) => decodeText(options, text).rejection?.reason

describe('json: named features', () => {
  it('reads them in the declared order, whatever the order of the message', () => {
    expect(decodeText(named, '{"gamma":3,"note":"x","alpha":1,"beta":2}').values).toEqual([1, 2, 3])
    expect(decodeText(named, '{"alpha":1,"beta":2,"gamma":3,"later":true}').values).toEqual([1, 2, 3])
  })

  it('follows dotted paths, array indices and keys with dots', () => {
    const options = { features: ['data.alpha', 'list.1.beta', 'otel\\.io.gamma'] }
    expect(decodeText(options, '{"data":{"alpha":1},"list":[0,{"beta":2}],"otel.io":{"gamma":3}}').values).toEqual([1, 2, 3])
  })

  it.each([
    ['missing_feature', '{"alpha":1,"gamma":3}'],
    ['missing_feature', '{"alpha":1,"beta":null,"gamma":3}'],
    ['missing_feature', '{}'],
    ['not_a_number', '{"alpha":1,"beta":"12","gamma":3}'],
    ['not_a_number', '{"alpha":1,"beta":true,"gamma":3}'],
    ['not_a_number', '{"alpha":1,"beta":[2],"gamma":3}'],
    ['not_finite', '{"alpha":1,"beta":1e999,"gamma":3}'],
    ['not_finite', '{"alpha":1,"beta":-1e999,"gamma":3}'],
    ['undecodable', '{"alpha":1,"beta":NaN,"gamma":3}'],
    ['undecodable', '{"alpha":1,"beta":Infinity,"gamma":3}'],
    ['undecodable', '{"alpha":1'],
    ['undecodable', '\ufeff{"alpha":1,"beta":2,"gamma":3}'],
    ['undecodable', '12'],
    ['undecodable', 'null'],
  ])('rejects as %s: %s', (reason, text) => {
    expect(reasonOf(named, text)).toBe(reason)
  })

  it('names the field, what stood there and what was expected', () => {
    expect(decodeText(named, '{"alpha":1,"beta":"12","gamma":3}').rejection?.detail).toBe('feature "beta" is "12"; expected a number')
  })

  it('rejects bytes that are no UTF-8', () => {
    expect(decodeText(named, Buffer.from([0x22, 0xff, 0x22])).rejection).toEqual({
      reason: 'undecodable',
      detail: 'the value is not valid UTF-8',
    })
  })

  it('takes the last of a repeated key, as JSON.parse does', () => {
    expect(decodeText(named, '{"alpha":9,"alpha":1,"beta":2,"gamma":3}').values).toEqual([1, 2, 3])
  })
})

describe('json: names that objects inherit', () => {
  it('treats __proto__ as a field like any other', () => {
    const text = '{"alpha":1,"beta":2,"__proto__":{"gamma":3}}'
    expect(reasonOf(named, text)).toBe('missing_feature')
    expect(decodeText({ features: ['alpha', 'beta', '__proto__.gamma'] }, text).values).toEqual([1, 2, 3])
  })

  it.each([
    { what: 'a feature', options: named, reason: 'missing_feature' },
    { what: 'a field', options: { vector: 'v', stream: 'gamma' }, reason: 'no_stream' },
    { what: 'a header', options: { vector: 'v', stream: { header: 'gamma' } }, reason: 'no_stream' },
  ])('finds $what in what the message says, not in what its object inherits', ({ options, reason }) => {
    const codec = makeCodec(json, options)
    const record = recordOf(Buffer.from('{"alpha":1,"beta":2,"v":[1,2,3]}'), { headers: {} })
    Object.defineProperty(Object.prototype, 'gamma', { value: 3, enumerable: true, configurable: true })
    const { rejection } = decode(codec, record)
    Reflect.deleteProperty(Object.prototype, 'gamma')
    expect(rejection?.reason).toBe(reason)
  })

  it('does not follow functions that every object has', () => {
    for (const stream of ['constructor.name', 'toString.length', '__proto__.constructor.name']) {
      expect(reasonOf({ ...named, stream }, '{"alpha":1,"beta":2,"gamma":3}')).toBe('no_stream')
    }
  })
})

describe('json: depth', () => {
  const nested = (depth: number) => `{"alpha":1,"beta":2,"gamma":3,"deep":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

  it('takes 1,000 levels and rejects 1,001', () => {
    expect(reasonOf(named, nested(1000))).toBeUndefined()
    expect(reasonOf(named, nested(1001))).toBe('too_deep')
  })

  it('rejects a million levels, closed or not, in a feature or beside it', () => {
    expect(reasonOf(named, nested(1_000_000))).toBe('too_deep')
    expect(reasonOf(named, '['.repeat(1_000_000))).toBe('too_deep')
    expect(reasonOf(named, '{"alpha":'.repeat(1_000_000))).toBe('too_deep')
  })

  it('does not count brackets in text, nor neighbours', () => {
    const brackets = JSON.stringify(`"\\${'['.repeat(5000)}`)
    expect(reasonOf(named, `{"alpha":1,"beta":2,"gamma":3,"text":${brackets}}`)).toBeUndefined()
    expect(reasonOf(named, `{"alpha":1,"beta":2,"gamma":3,"list":[${'[],'.repeat(5000)}[]]}`)).toBeUndefined()
  })

  it('describes a deep value without going into it', () => {
    const deep = `{"alpha":1,"beta":2,"gamma":${'['.repeat(900)}${']'.repeat(900)}}`
    expect(decodeText(named, deep).rejection).toEqual({
      reason: 'not_a_number',
      detail: 'feature "gamma" is an array of 1; expected a number',
    })
  })
})

describe('json: vector', () => {
  const vector = { vector: 'v' }

  it.each([
    ['dimension', '{"v":[1,2]}'],
    ['dimension', '{"v":[1,2,3,4]}'],
    ['dimension', '{"v":[]}'],
    ['missing_feature', '{"v":[1,null,3]}'],
    ['missing_feature', '{}'],
    ['missing_feature', '{"v":null}'],
    ['not_a_number', '{"v":[1,"2",3]}'],
    ['not_a_number', '{"v":{"0":1,"1":2,"2":3,"length":3}}'],
    ['not_finite', '{"v":[1,2,1e999]}'],
  ])('rejects as %s: %s', (reason, text) => {
    expect(reasonOf(vector, text)).toBe(reason)
  })
})

describe('json: extra fields', () => {
  it('rejects fields that no option names, where it is told to', () => {
    const options = { features: ['data.alpha', 'data.beta', 'data.gamma'], extra: 'reject', time: 'ts' }
    const data = '"data":{"alpha":1,"beta":2,"gamma":3'
    expect(reasonOf(options, `{"ts":1767225600,${data}}}`)).toBeUndefined()
    expect(decodeText(options, `{"ts":1767225600,${data},"delta":4}}`).rejection).toEqual({
      reason: 'extra_feature',
      detail: 'the field "data.delta" is named by no option',
    })
    expect(reasonOf(options, `{"ts":1767225600,"more":1,${data}}}`)).toBe('extra_feature')
  })
})

describe('json: options', () => {
  it('needs features or a vector, not both', () => {
    for (const options of [{}, { features: ['a'], vector: 'v' }]) {
      expect(json.schema.safeParse(options).error?.issues[0].message).toMatch(/either features .* or vector/)
    }
  })

  it('refuses features that are not those of the reference', () => {
    expect(() => makeCodec(json, { features: ['alpha', 'gamma', 'beta'] })).toThrow(
      'decode.json.features[1]: is "gamma", but the reference\'s feature 1 is "beta"; name the reference\'s features in its order (alpha, beta, gamma) or fit the reference again',
    )
    expect(() => makeCodec(json, { features: ['alpha'] })).toThrow(/names 1 features, but the reference has 3/)
  })

  it('knows the names of features for fit', () => {
    const names = (options: unknown, sample?: string) =>
      json.featureNames(json.schema.parse(options), {
        columns: undefined,
        sample: sample === undefined ? undefined : recordOf(Buffer.from(sample)),
      })
    expect(names({ features: ['data.alpha', 'beta'] })).toEqual(['data.alpha', 'beta'])
    expect(names({ vector: 'v' }, '{"v":[5,6]}')).toEqual(['x0', 'x1'])
    expect(names({ vector: 'v' }, '{"w":[5,6]}')).toBeUndefined()
    expect(names({ vector: 'v' })).toBeUndefined()
  })

  it('makes vectors of the reference’s dimension', () => {
    const codec = json.create(json.schema.parse({ vector: '$' }), codecContext({ features: ['a', 'b'] }))
    expect(decode(codec, recordOf(Buffer.from('[1,2]')), 2).values).toEqual([1, 2])
  })
})
