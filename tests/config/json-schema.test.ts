import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configJsonSchema, type Field } from '../../config/json-schema.js'
import { config, quoted } from './texts.js'

const schema = configJsonSchema()
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)

const full = config(
  {
    sinks: `[{ webhook: { url: "https://example.org", secret: ${quoted('env:S')} }, name: on-call, retry: { maxDelay: 1m } }, { stdout: {} }]`,
    alerting: '{ falseAlarmsPerDay: 1/week, rowsPerDay: 10/s, drift: { k: 2, n: 3 }, fixedThresholds: { gaussian: 40 }, noData: 10m }',
    deadLetters: '{ file: { path: ./dead.ndjson } }',
    state: '{ memory: {} }',
    limits: '{ messageBytes: 64kB }',
    execution: '{ providers: [cuda, cpu] }',
  },
  'metrics: { port: 0 }\nlog: { level: debug }\nshutdown: { timeout: 5s }\n',
)

describe('the JSON Schema for editors', () => {
  it.each([
    ['a short configuration', config()],
    ['a configuration with every part', full],
    ['a kafka sink on the brokers of the source', config({ sinks: '[{ kafka: { topic: alerts } }]' })],
  ])('accepts %s as it is written', (_what, yaml) => {
    validate(parse(yaml))
    expect(validate.errors).toBeNull()
  })

  it.each([
    ['an unknown field', config({ zzz: '1' })],
    ['a missing field', config({ reference: undefined })],
    ['a wrong type', config({}, 'metrics: { port: "x" }\n')],
    ['two codecs at once', config({ decode: '{ json: { features: [a] }, float32: {} }' })],
    ['no source', config({ source: '{}' })],
  ])('refuses %s', (_what, yaml) => expect(validate(parse(yaml))).toBe(false))

  it('describes every field', () => {
    const bare = undescribed(schema, '')
    expect(bare).toEqual([])
  })
})

/** Paths of the fields without a description. */
function undescribed({ properties = {}, items, anyOf = [] }: Field, path: string): string[] {
  const named = Object.entries(properties).flatMap(([name, field]) => {
    if (typeof field === 'boolean') return []
    const own = field.description === undefined ? [`${path}.${name}`] : []
    return [...own, ...undescribed(field, `${path}.${name}`)]
  })
  const inner = [items, ...anyOf].flatMap((field) =>
    typeof field === 'object' && !Array.isArray(field) ? undescribed(field, `${path}[]`) : [],
  )
  return [...named, ...inner]
}
