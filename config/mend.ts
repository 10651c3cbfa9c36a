import { distance } from 'fastest-levenshtein'
import type { z } from 'zod'
import { type Field, fieldAt, knownKeys } from './json-schema.js'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** How to put an issue right, as a line of text; `value` is what stands there. */
export function mend(issue: Issue, value: unknown, schema: Field): string | undefined {
  if (issue.code === 'unrecognized_keys') return mendUnknown(issue.path, value, schema)
  const name = String(issue.path.findLast((key) => typeof key === 'string') ?? '')
  const field = fieldAt(schema, issue.path)
  if (value === null && field?.type === 'object') return `nothing stands behind \`${name}:\`; for defaults only write \`${name}: {}\``
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const meant = nearest(value, issue.values.map(String))
    if (meant !== undefined) return `did you mean ${meant}?`
  }
  return field === undefined ? undefined : (misshapen(name, value, field) ?? help(name, field))
}

/** A component as a bare name, or a list whose entry has no dash. */
function misshapen(name: string, value: unknown, field: Field): string | undefined {
  if (typeof value === 'string' && knownKeys(field).includes(value)) return `write \`${value}: {}\`, with its options inside`
  if (field.type !== 'array' || typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entry = Object.keys(value).find((key) => knownKeys(fieldAt(field, [0])).includes(key))
  return entry === undefined ? undefined : `\`${name}\` is a list: begin each entry with a dash, as in \`- ${entry}: …\``
}

/** What a field is for, with an example, its default, or the fields inside. */
function help(name: string, field: Field): string | undefined {
  const purpose = field.description === undefined ? [] : [`${name}: ${sentence(field.description)}`]
  const sentences = [...purpose, ...hint(name, field)]
  return sentences.length === 0 ? undefined : sentences.join(' ')
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

function hint(name: string, field: Field): string[] {
  const inside = knownKeys(field)
  if (Array.isArray(field.examples)) return [`For example \`${name}: ${inline(field.examples[0])}\`.`]
  if (inside.length > 0) return [`Fields: ${inside.join(', ')}.`]
  return field.default === undefined ? [] : [`Default: ${inline(field.default)}.`]
}

const inline = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** The known field that an unknown one was most likely meant to be. */
export const meantField = (path: Path, schema: Field): string | undefined =>
  nearest(String(path.at(-1)), knownKeys(fieldAt(schema, path.slice(0, -1))))

/** For an unknown field: the known one that was meant, the form of a component that is named by `type`, else the block it belongs to, else what there is. */
function mendUnknown(path: Path, value: unknown, schema: Field): string {
  const name = String(path.at(-1))
  const block = path.slice(0, -1)
  const known = knownKeys(fieldAt(schema, block))
  const meant = meantField(path, schema)
  if (meant !== undefined) return `did you mean \`${meant}\`?`
  if (name === 'type' && typeof value === 'string' && known.includes(value))
    return `the type is the key, and its options stand below it: \`${value}: { … }\``
  const home = homeOf(name, schema, [])
  if (home !== undefined) return `\`${name}\` belongs to \`${home}\``
  return `known fields here: ${known.join(', ')}`
}

/** Path of the first block in the schema that knows a field, breadth first; list positions are written []. */
function homeOf(name: string, root: Field, start: readonly string[]): string | undefined {
  const blocks: [Field, readonly string[]][] = [[root, start]]
  for (const [field, path] of blocks) {
    if (path.length > 0 && knownKeys(field).includes(name)) return path.join('.').replaceAll('.[]', '[]')
    for (const key of knownKeys(field)) {
      const child = fieldAt(field, [key])
      const item = child === undefined ? undefined : fieldAt(child, [0])
      if (child !== undefined) blocks.push(item === undefined ? [child, [...path, key]] : [item, [...path, key, '[]']])
    }
  }
  return undefined
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[-_ ]/g, '')

/** The candidate closest to `name` when it is close enough to be meant. Case, hyphens and underscores do not count. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, away: distance(plain(name), plain(candidate)) }))
    .sort((a, b) => a.away - b.away)
  const best = ranked[0]
  return best !== undefined && best.away <= Math.min(3, plain(name).length / 2) ? best.candidate : undefined
}
