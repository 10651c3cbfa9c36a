import fc from 'fast-check'
import { type CodecCase, contractFeatures } from './codec-contract.js'
import { pictureOf, uriOf } from './made-up-pictures.js'

const columns = ['at', ...contractFeatures, 'note']
const named = (values: readonly number[]) => Object.fromEntries(contractFeatures.map((name, i) => [name, values[i]]))
const message = (content: unknown) => Buffer.from(JSON.stringify(content))

/** Messages of the right form with any JSON in the features' places. */
const anyFields = fc.record(Object.fromEntries(contractFeatures.map((name) => [name, fc.jsonValue()])), { requiredKeys: [] })
const polluted = fc.tuple(fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString'), fc.jsonValue(), fc.jsonValue())
const hostileJson = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  anyFields.map(message),
  polluted.map(([key, value, inner]) =>
    Buffer.from(`{"alpha":1,"${key}":{"beta":${JSON.stringify(inner)}},"gamma":${JSON.stringify(value)}}`),
  ),
  fc
    .constantFrom('{"alpha":NaN}', '{"alpha":1e999}', '{"alpha":-1e999,"beta":1,"gamma":2}', 'null', '[]', '"x"', '\ufeff{}', '{')
    .map((text) => Buffer.from(text)),
)

const cell = fc.oneof(
  fc.string(),
  fc.double().map(String),
  fc.constantFrom('', ' ', 'nan', '-inf', '1e999', '0x10', '"', '""', '"1"', '1_000', '١'),
)
const hostileLines = fc.array(cell, { minLength: 3, maxLength: 7 }).map((cells) => Buffer.from(cells.join(',')))

const floats = (Type: typeof Float32Array | typeof Float64Array) => (values: readonly number[]) => Buffer.from(Type.from(values).buffer)
const bits = fc.uint8Array({ minLength: 24, maxLength: 24 }).map((bytes) => Buffer.from(bytes))

/** Every codec of the registry, each way it can be configured. */
export const codecCases: Readonly<Record<string, Readonly<Record<string, CodecCase>>>> = {
  json: {
    'json, named fields': {
      options: { features: [...contractFeatures] },
      encode: (values) => message(named(values)),
      hostile: hostileJson,
    },
    'json, nested fields': {
      options: { features: ['a.alpha', 'b.beta', 'a.gamma'] },
      encode: ([alpha, beta, gamma]) => message({ b: { beta }, a: { alpha, gamma } }),
      hostile: fc.record({ a: anyFields, b: fc.jsonValue() }).map(message),
    },
    'json, vector': {
      options: { vector: 'data.v' },
      encode: (v) => message({ data: { v } }),
      hostile: fc.record({ data: fc.record({ v: fc.oneof(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.jsonValue()) }) }).map(message),
    },
    'json, vector at the root': { options: { vector: '$' }, encode: (v) => message(v), hostile: fc.array(fc.jsonValue()).map(message) },
  },
  csv: {
    csv: { options: {}, columns, encode: (values) => Buffer.from(`x,${values.join(',')},y`), hostile: hostileLines },
    'csv, semicolons and quotes': {
      options: { delimiter: ';', columns },
      encode: (values) => Buffer.from(`"a;""b";${values.map((value) => `"${value}"`).join(';')};\r\n`),
      hostile: hostileLines,
    },
  },
  float32: { float32: { options: {}, encode: floats(Float32Array), hostile: bits.map((bytes) => bytes.subarray(12)) } },
  float64: { float64: { options: {}, encode: floats(Float64Array), hostile: bits } },
  image: {
    image: { options: {}, encode: pictureOf, hostile: bits.map((bytes) => bytes.subarray(12)) },
    'image, base64': {
      options: { base64: 'camera.jpeg' },
      encode: (values) => message({ camera: { jpeg: pictureOf(values).toString('base64') } }),
      hostile: fc.record({ camera: fc.record({ jpeg: fc.oneof(fc.base64String(), fc.string(), fc.jsonValue()) }) }).map(message),
    },
    'image, uri': {
      options: { uri: 'at' },
      encode: (values) => message({ at: uriOf(values) }),
      hostile: fc.record({ at: fc.oneof(fc.webUrl(), fc.string(), fc.jsonValue()) }).map(message),
    },
  },
}
