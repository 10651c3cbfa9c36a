import fc from 'fast-check'

/** Bytes that formats give a meaning, beside random ones. */
const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 0x0a, 0x20, 0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff))

/** A message with some bytes changed, cut out or put in, and perhaps cut off. */
export const editedBytes = (originals: fc.Arbitrary<Uint8Array>, edits = 4): fc.Arbitrary<Buffer> => {
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(9), put: fc.array(byte, { maxLength: 9 }) })
  const end = fc.option(fc.nat(), { freq: 5, nil: undefined })
  return fc.tuple(originals, fc.array(edit, { maxLength: edits }), end).map(([original, changes, cut]) => {
    let bytes = Buffer.from(original)
    for (const { at, remove, put } of changes) {
      const from = at % (bytes.length + 1)
      bytes = Buffer.concat([bytes.subarray(0, from), Buffer.from(put), bytes.subarray(from + remove)])
    }
    return cut === undefined ? bytes : bytes.subarray(0, cut % (bytes.length + 1))
  })
}

/** `fragment` again and again, up to `length` characters, between a beginning and an end: what makes parsers slow. */
export const repeated = (beginnings: readonly string[], fragments: readonly string[], length: number): fc.Arbitrary<string> =>
  fc
    .record({
      before: fc.constantFrom(...beginnings),
      fragment: fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      after: fc.constantFrom('', ...fragments),
    })
    .map(({ before, fragment, after }) => before + fragment.repeat(Math.floor(length / fragment.length)) + after)

/** Names that JavaScript gives a meaning, and such as leave a folder. */
export const hostileNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '../x',
  '/etc/passwd',
  'a\u0000b',
  '\u202e',
  '\ud800',
  'then',
] as const

/** Values that a place in JSON was not made for. */
export const hostileValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -0, -1, 0.5, 1e-320, 1e308, -1e308, 2 ** 53, 4294967296, '', 'x', '1', [], {}, [[]], [null]),
  fc.constantFrom(...hostileNames),
  fc.constantFrom(...hostileNames).map((name) => ({ tensor: name })),
  fc.constantFrom(...hostileNames).map((name) => JSON.parse(`{${JSON.stringify(name)}:{"polluted":true}}`)),
  fc.integer({ min: 1, max: 2000 }).map(nested),
  fc.integer({ min: 1, max: 40_000 }).map((length) => Array.from({ length }, (_, i) => i)),
  fc.integer({ min: 1, max: 100_000 }).map((length) => 'x'.repeat(length)),
  fc.jsonValue(),
)

function nested(depth: number): unknown {
  let value: unknown = 0
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

type Change = 'replace' | 'remove' | 'add' | 'repeat'
export interface JsonEdit {
  /** Picks the place, by turns at each level. */
  readonly turns: readonly number[]
  readonly change: Change
  readonly name: string
  readonly value: unknown
}

export const jsonEdits: fc.Arbitrary<readonly JsonEdit[]> = fc.array(
  fc.record({
    turns: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
    change: fc.constantFrom<Change>('replace', 'replace', 'remove', 'add', 'repeat'),
    name: fc.oneof(fc.constantFrom(...hostileNames), fc.string({ maxLength: 8 })),
    value: hostileValues,
  }),
  { minLength: 1, maxLength: 3 },
)

/** A copy of a JSON value with the edits made. */
export const editJson = (value: unknown, edits: readonly JsonEdit[]): unknown => edits.reduce((edited, edit) => change(edited, edit), value)

function change(value: unknown, edit: JsonEdit): unknown {
  const [turn, ...turns] = edit.turns
  if (turn === undefined || typeof value !== 'object' || value === null) return edit.value
  const entries = Object.entries(value)
  const at = turn % Math.max(1, entries.length)
  if (turns.length > 0 && entries.length > 0) entries[at] = [entries[at][0], change(entries[at][1], { ...edit, turns })]
  else if (edit.change === 'replace' && entries.length > 0) entries[at] = [entries[at][0], edit.value]
  else if (edit.change === 'remove') entries.splice(at, 1)
  else if (edit.change === 'repeat' && entries.length > 0) entries.splice(at, 0, ...Array.from({ length: 3 }, () => entries[at]))
  else entries.push([edit.name, edit.value])
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries)
}
