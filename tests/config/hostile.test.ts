import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../config/load.js'
import { config } from './texts.js'

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

it('a `length` that is a block is refused where it stands, whatever field is asked for its length', () => {
  const result = parseConfig(config({ features: '{ length: { toString: 1 } }' }), {})
  expect(result.ok ? [] : result.problems.map(({ path }) => path)).toContain('monitors[0].features.length')
})

describe('a file made to exhaust the parser', () => {
  it.each<[string, string, RegExp]>([
    ['lists in lists', '['.repeat(20_000), /nested/],
    ['blocks in blocks', '{a: '.repeat(10_000), /nested/],
    ['dashes', '- '.repeat(10_000), /nested/],
    ['a wide block', Array.from({ length: 5000 }, (_, index) => `k${index}: 1`).join('\n'), /more than 1000 entries/],
    [
      'many values',
      Array.from({ length: 30 }, (_, index) => `k${index}: [${'1,'.repeat(4000)}]`).join('\n'),
      /more than 60000 words and signs/,
    ],
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
