import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { parseConfig } from '../../config/load.js'
import { formatProblem } from '../../config/problem.js'
import { config } from '../config/texts.js'
import { configCorpus } from './corpus/config.js'
import { editedBytes, hostileNames, repeated } from './edits.js'
import type { Target } from './fuzzer.js'

const canary = 'canary-7f3a91-never-shown'
const key = Buffer.alloc(24, canary).toString('base64')

/** A folder with what substitutions may be pointed at. */
export function makeBait(): string {
  const folder = mkdtempSync(join(tmpdir(), 'driftwatch-fuzz-'))
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'secret'), `${canary}\n`)
  writeFileSync(join(folder, 'empty'), '')
  writeFileSync(join(folder, 'large'), canary.repeat(10_000))
  writeFileSync(join(folder, 'bytes'), Buffer.of(0, 0xff, 0x24, 0x7b, 0x0a))
  return folder
}

/** The text of a configuration file; `bait` is the folder that `@` stands for in substitutions. */
export const configTarget = (bait: string): Target<string> => ({
  name: 'the text of a configuration',
  corpus: configCorpus,
  cases: texts,
  runs: 1500,
  attempt(text) {
    const result = parseConfig(text.replaceAll('@/', `${bait}/`), { A: 'a', CANARY: canary, EMPTY: '', KEY: key })
    if (result.ok) return
    expect(result.problems.length).toBeGreaterThan(0)
    expect(result.problems.length).toBeLessThanOrEqual(101)
    for (const problem of result.problems) {
      const shown = formatProblem(problem, 'driftwatch.yaml')
      expect(problem.message).not.toBe('')
      expect(shown).toMatch(/^[^\p{Cc}\p{Cs}]{1,4001}(\n[^\p{Cc}\p{Cs}]{1,2000})*$/u)
      expect(JSON.stringify(problem) + shown).not.toContain(canary)
    }
  },
})

const substitutions = fc
  .array(
    fc.constantFrom(
      ...['$', '{', '}', `$\{`, `$$\{`, `$$$\{`, ':-', 'env:', 'file:', 'A', 'CANARY', 'EMPTY', 'UNSET', '__proto__', 'constructor', ' '],
      ...[
        `$\{env:CANARY}`,
        `$\{file:@/secret}`,
        `$\{env:UNSET:-`,
        `$\{file:`,
        '@/folder',
        '@/large',
        '@/empty',
        '@/bytes',
        '@/../..',
        '/dev/zero',
      ],
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const words = [
  ...[
    'monitors',
    'name',
    'source',
    'kafka',
    'topics',
    'brokers',
    'sasl',
    'password',
    'tls',
    'decode',
    'json',
    'csv',
    'float32',
    'features',
  ],
  ...['sinks', 'stdout', 'webhook', 'url', 'secret', 'headers', 'retry', 'alerting', 'window', 'size', 'hop', 'state', 'file', 'memory'],
  ...['path', 'limits', 'streams', 'fixedThresholds', 'metrics', 'port', 'log', 'level', 'reference', 'detectors', 'execution', '<<'],
]

/** Trees of plain values that use the configuration's own words, so that they get past the first field. */
const trees = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, Number.POSITIVE_INFINITY, '', 'a', '30s', '1MiB', 'a:1', 'https://u:p@x/?k', 'kafka'),
    substitutions,
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...hostileNames), fc.string()), tie('value')), { maxLength: 5 })
      .map(Object.fromEntries),
  ),
})).value

/** A large configuration to change, with something of everything that YAML can do. */
const valid = config(
  {
    source: `{ kafka: { brokers: &b ["a:1"], topics: [t], group: g, sasl: { mechanism: plain, username: u, password: "$\{env:CANARY}" } } }`,
    sinks: `[{ webhook: { url: "https://x/$\{env:CANARY}", secrets: ["$\{env:KEY}"], headers: { a: "$\{file:@/secret}" } } }, { kafka: { brokers: *b, topic: a } }]`,
    window: '&w { size: 64, hop: 16 }',
    limits: '{ messageBytes: !!str 1MiB, inFlightBytes: "64\\x4dB", streams: 0x10 } # a comment',
    deadLetters: '\n      file:\n        path: |-\n          ./d',
    state: `\n      ? file\n      : path: "$\{env:UNSET:-./state}"`,
  },
  'metrics: { port: 0 }\n',
)

const fields = [
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
]
const signs = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '-',
  '- ',
  '? ',
  '&a ',
  '*a',
  '*a ',
  '! ',
  '!!x ',
  '|\n',
  '>\n',
  '"',
  "'",
  '%',
  '`',
  '#',
  ' #',
]
const others = [
  '\n',
  '\r',
  '\t',
  ' ',
  ',',
  'a',
  '1',
  '---\n',
  '...\n',
  '<<: *a\n',
  '\\',
  '\\x',
  '\\u',
  `$\{`,
  `$\{env:A}`,
  '\ufeff',
  '\u2028',
  '\ud800',
]
const small = fc.array(fc.constantFrom(...signs, ...others), { maxLength: 40 }).map((parts) => parts.join(''))
const openings = [
  '',
  'a: ',
  'a: "',
  "a: '",
  'a: [',
  'a: {',
  'a: |\n ',
  'a: >\n ',
  'monitors:\n  - name: "',
  'a: &a [x]\nb: [',
  'a: &a {a: 1}\nb: {',
]

const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: editedBytes(fc.constant(Buffer.from(valid)), 6).map((bytes) => bytes.toString('utf8')) },
  { weight: 4, arbitrary: trees.map((tree) => stringify(tree)) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...fields), trees).map(([name, tree]) => config({ [name]: JSON.stringify(tree) })) },
  { weight: 3, arbitrary: substitutions.map((text) => config({ name: JSON.stringify(text), sinks: JSON.stringify([{ [text]: text }]) })) },
  { weight: 3, arbitrary: small },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: repeated(openings, [...signs, ...others], 100_000) },
)
