import { config } from '../../config/texts.js'

const many = (count: number, text: (index: number) => string, between = '\n') =>
  Array.from({ length: count }, (_, i) => text(i)).join(between)
/** About as large as a file may be. */
const megabyte = (before: string, fragment: string) => before + fragment.repeat(Math.floor(990_000 / fragment.length))

/** Texts of configurations that took seconds, or stand for a known trick; `@/` is the folder with bait. */
export const configCorpus: readonly string[] = [
  '',
  '\u0000',
  '---\n---\n',
  'null',
  '[]',
  '*a',
  '&a *a',
  'a: &a { b: *a }',
  '<<: { monitors: [] }',
  '? { a: 1 }\n: 2',
  '!!js/function "function () { throw 1 }"',
  '!!binary "////"',
  '{ __proto__: { polluted: true }, constructor: { prototype: { polluted: true } } }',
  config({ __proto__: '{ polluted: true }', alerting: '{ falseAlarmsPerDay: 1, fixedThresholds: { __proto__: 1, toString: 2 } }' }),
  config({ sinks: '[{ webhook: { url: "https://x", secret: x, headers: { __proto__: a, constructor: b } } }]' }),
  config({ name: `"$\{env:__proto__}$\{env:constructor}$\{env:toString}"` }),
  config({ name: `"$\{file:@/secret}"`, decode: `"$\{file:@/bytes}"`, sinks: `"$\{file:@/large}"` }),
  config({ reference: `{ path: "$\{file:/dev/zero}" }`, window: `"$\{file:@/folder}"`, state: `"$\{file:@/../../../../etc/shadow}"` }),
  config({ name: `"$\{env:CANARY:-$\{env:CANARY}}"`, alerting: `"$$\{env:CANARY}$\{env:CANARY"` }),
  // Searched to its end for each of its beginnings.
  `a: x${'${'.repeat(8000)}`,
  megabyte('a: [', `"$\{",`),
  // A problem for each sign, entry or escape.
  megabyte('', '"'),
  megabyte('a: [', ','),
  megabyte('', '&a '),
  megabyte('', '!a '),
  megabyte('a: "', '\\x'),
  megabyte('', '- '),
  megabyte('', '? '),
  megabyte('a: ', '|\n'),
  megabyte('', '---\n'),
  megabyte('a: ', '\n'),
  megabyte('a: ', '{'),
  many(999, (i) => `unknown${i}: 1`),
  many(999, (i) => `k${i}: "\${env:CANARY}"`),
  `monitors: [${many(4000, () => '{}', ',')}]`,
  `monitors: [${many(2500, (i) => `{ name: "\${env:CANARY}${i}", sinks: [{}] }`, ',')}]`,
  // A large block, repeated by aliases.
  `a: &a [${many(4900, () => '1', ',')}]\nb: [${many(190, () => '*a', ',')}]`,
  `a: &a [${many(10, () => `[${many(4900, () => '1', ',')}]`, ',')}]\nb: [${many(20, () => '*a', ',')}]`,
  `a: [${many(4900, (i) => `&a${i} 1`, ',')}]\nb: [${many(190, () => '*a4899', ',')}]`,
]
