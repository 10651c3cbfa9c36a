import { describe, expect, it } from 'vitest'
import { csv } from '../../../connectors/codecs/csv.js'
import { encoded } from '../../../connectors/codecs/encoded.js'
import { float32, float64 } from '../../../connectors/codecs/floats.js'
import { json } from '../../../connectors/codecs/json.js'
import { featureMap, plainMap } from '../../../kinds/feature-map.js'
import { decode, makeCodec, recordOf } from '../../contract/codec-contract.js'

/** beta may be missing; the others are alpha and gamma. */
const mayMiss = [false, true, false]
const { NaN: missing } = Number
const named = makeCodec(json, { features: ['alpha', 'data.beta', 'gamma'] }, { features: ['alpha', 'data.beta', 'gamma'], mayMiss })
const vector = makeCodec(json, { vector: '$' }, { mayMiss })
const lines = makeCodec(csv, {}, { columns: ['alpha', 'beta', 'gamma'], mayMiss })
const floats = makeCodec(float64, {}, { mayMiss })
const shorts = makeCodec(float32, {}, { mayMiss })

describe('a feature that may be missing', () => {
  it.each([
    ['a field that is not there', named, '{"alpha":1,"data":{},"gamma":3}'],
    ['a field that is null', named, '{"alpha":1,"data":{"beta":null},"gamma":3}'],
    ['an object that is not there', named, '{"alpha":1,"gamma":3}'],
    ['null in an array', vector, '[1,null,3]'],
    ['an empty cell', lines, '1, ,3'],
    ['NaN in a cell', lines, '1,NaN,3'],
    ['NaN among doubles', floats, Buffer.from(Float64Array.of(1, missing, 3).buffer)],
    ['NaN among floats', shorts, Buffer.from(Float32Array.of(1, missing, 3).buffer)],
  ])('is decoded as NaN: %s', (_what, codec, message) => {
    const { rejection, values } = decode(codec, recordOf(Buffer.from(message)))
    expect(rejection).toBeUndefined()
    expect(values).toEqual([1, missing, 3])
  })

  it.each([
    ['another feature that is not there', named, '{"data":{"beta":2},"gamma":3}', 'missing_feature', /"alpha" is missing/],
    ['text', named, '{"alpha":1,"data":{"beta":"2"},"gamma":3}', 'not_a_number', /"data.beta" is "2"/],
    ['an infinity', lines, '1,inf,3', 'not_finite', /"beta" is Infinity/],
    ['an infinity among doubles', floats, Buffer.from(Float64Array.of(1, 1 / 0, 3).buffer), 'not_finite', /"beta"/],
    ['NaN elsewhere', floats, Buffer.from(Float64Array.of(1, missing, missing).buffer), 'not_finite', /"gamma"/],
    ['an array that is too short', vector, '[1,3]', 'dimension', /2 values/],
  ])('excuses nothing else: %s', (_what, codec, message, reason, detail) => {
    const { rejection } = decode(codec, recordOf(Buffer.from(message)))
    expect(rejection?.reason).toBe(reason)
    expect(rejection?.detail).toMatch(detail)
  })
})

describe('a codec of features of a kind', () => {
  const map = featureMap({
    features: ['alpha', 'beta', 'gamma'],
    optional: [],
    circular: { alpha: 24 },
    compositional: { whole: { parts: ['beta', 'gamma'], total: 1, tolerance: 0.01, floor: 0.001 } },
  })
  const codec = encoded(makeCodec(json, { vector: 'v', stream: 's', id: 'i', label: 'l', group: 'g' }, { groups: true }), map)

  it('gives columns, and passes on what else the message says', () => {
    const { values, row } = decode(codec, recordOf(Buffer.from('{"v":[6,0.5,0.5],"s":"one","i":"x","l":"red","g":"set"}')), 3)
    expect(values[0]).toBeCloseTo(0, 12)
    expect(values.slice(1)).toEqual([1, 0])
    expect([row.stream, row.id, row.label, row.group]).toEqual(['one', 'x', 'red', 'set'])
  })

  it('rejects what is no composition, and what the codec rejects', () => {
    expect(decode(codec, recordOf(Buffer.from('{"v":[6,0.5,0.6],"s":"one","i":"x"}'))).rejection).toEqual({
      reason: 'not_a_composition',
      detail: 'the parts of composition "whole" sum to 1.1; expected 1, give or take 0.01',
    })
    expect(decode(codec, recordOf(Buffer.from('{"v":[6,0.5],"s":"one"}'))).rejection?.reason).toBe('dimension')
  })

  it('is the codec itself without kinds', () => {
    const plain = makeCodec(json, { vector: 'v' })
    expect(encoded(plain, plainMap(['alpha', 'beta', 'gamma']))).toBe(plain)
  })
})
