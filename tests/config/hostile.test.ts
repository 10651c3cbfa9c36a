import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { parseConfig } from '../../config/load.js'
import { config } from './texts.js'

const fieldNames = [
  'monitors',
  'name',
  'source',
  'kafka',
  'topics',
  'brokers',
  'decode',
  'json',
  'features',
  'sinks',
  'stdout',
  'webhook',
  'alerting',
  'window',
  'size',
  'hop',
  'state',
  'file',
  'path',
  'limits',
  'fixedThresholds',
  '__proto__',
  'constructor',
  'toString',
]

/** Trees of plain values that use the configuration's own words, so that they get past the first field. */
const tree = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '', 'a', '30s', `\${env:A}`, `\${env:B:-x}`, `\${`, 'kafka'),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...fieldNames), fc.string()), tie('value')), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value

const outcome = (text: string) => {
  const result = parseConfig(text, { A: 'a' })
  return result.ok || (result.problems.length > 0 && result.problems.every(({ message }) => message !== ''))
}

describe('whatever stands in the file, loading ends with a configuration or with problems', () => {
  it('any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'{}[]:-?&*!|>\'"%@` \n\t#,a1<') })),
        outcome,
      ),
      { numRuns: 200 },
    )
  })

  it('any tree of values', () => {
    fc.assert(
      fc.property(tree, (value) => outcome(stringify(value))),
      { numRuns: 300 },
    )
  })

  it('any tree of values in any field of a monitor', () => {
    const field = fc.constantFrom(
      'name',
      'source',
      'decode',
      'features',
      'reference',
      'detectors',
      'window',
      'alerting',
      'sinks',
      'deadLetters',
      'state',
      'limits',
      'execution',
    )
    fc.assert(
      fc.property(field, tree, (name, value) => outcome(config({ [name]: JSON.stringify(value) }))),
      { numRuns: 200 },
    )
  })

  it('a valid text with any change', () => {
    const text = config()
    const change = fc.tuple(fc.nat(text.length), fc.nat(8), fc.string({ maxLength: 8 }))
    fc.assert(
      fc.property(change, ([at, length, put]) => outcome(text.slice(0, at) + put + text.slice(at + length))),
      { numRuns: 200 },
    )
  })
})

describe('names that JavaScript gives a meaning', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is an unknown field like any other, and changes nothing',
    (name) => {
      const result = parseConfig(config({ [name]: '{ polluted: true }' }, `${name}: { polluted: true }\n`), {})
      expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual([name, `monitors[0].${name}`])
      expect(Reflect.get({}, 'polluted')).toBeUndefined()
    },
  )
})

describe('a file made to exhaust the parser', () => {
  it.each<[string, string, RegExp]>([
    ['lists in lists', '['.repeat(20_000), /nested/],
    ['blocks in blocks', '{a: '.repeat(20_000), /nested/],
    ['dashes', '- '.repeat(20_000), /nested/],
    ['a wide block', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n'), /more than 5000 entries/],
    ['many values', Array.from({ length: 30 }, (_, index) => `k${index}: [${'1,'.repeat(4000)}]`).join('\n'), /more than 100000 values/],
    [
      'aliases of aliases',
      `a: &a [x]\n${'bcdefghij'
        .split('')
        .map((name, index) => `${name}: &${name} [${`*${'abcdefghi'[index]},`.repeat(9)}]`)
        .join('\n')}`,
      /more than 200 aliases/,
    ],
  ])('%s', (_what, text, message) => {
    const result = parseConfig(text, {})
    expect(result.ok ? [] : result.problems.map((problem) => problem.message)).toContainEqual(expect.stringMatching(message))
  })
})
