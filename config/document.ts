import { type Document, Lexer, LineCounter, Parser, parseDocument } from 'yaml'
import type { Field } from './json-schema.js'
import { aliasLimit, NodeReader, valueLimit } from './nodes.js'
import { type Place, type Problem, unplaced } from './problem.js'
import type { Environment } from './substitute.js'
import { syntaxProblems } from './syntax.js'

/** A YAML file as plain values, with what is needed to talk about it. */
export interface Reading {
  readonly value: unknown
  /** Where each field stands, by formatted path. */
  readonly places: ReadonlyMap<string, Place>
  /** Fields with substituted text, by formatted path: what may be shown in their place, and what may not. */
  readonly substituted: ReadonlyMap<string, { readonly shown: string; readonly hidden: string }>
  readonly problems: readonly Problem[]
}

/**
 * Reads YAML 1.2 and fills in substitutions. A substituted text becomes a number where the schema takes one, a boolean where it takes no text.
 * Never throws; with a fault of syntax the value is undefined and only such faults are reported.
 */
export function readDocument(text: string, schema: Field, environment: Environment): Reading {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const broken = (problems: readonly Problem[]): Reading => ({ value: undefined, places: new Map(), substituted: new Map(), problems })

  const excess = exceeded(text)
  if (excess !== undefined) return broken([unplaced(`${excess}; this is not a configuration`)])

  const document: Document.Parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const faults = syntaxProblems(document, text, place)
  if (faults.length > 0) return broken(faults)

  const reader = new NodeReader(document, place, environment)
  const value = reader.read(document.contents, [], schema)
  if (reader.exhausted !== undefined)
    return broken([
      {
        ...unplaced(`more than ${aliasLimit} aliases or ${valueLimit} values are followed, or an alias that contains itself`),
        ...place(reader.exhausted),
      },
    ])
  return { value, places: reader.places, substituted: reader.substituted, problems: reader.problems }
}

/** Bounds that no configuration written by people reaches; beyond them the parser of YAML may run out of stack or time. */
const bounds = { tokens: 60_000, tokenLength: 16_384, depth: 32, entries: 5000, fields: 1000 }

/** Checks the bounds before anything recursive, or slower than the lexer, touches the text. */
const exceeded = (text: string): string | undefined => exceededTokens(text) ?? exceededTree(text)

function exceededTokens(text: string): string | undefined {
  let tokens = 0
  for (const token of new Lexer().lex(text)) {
    if (++tokens > bounds.tokens) return `more than ${bounds.tokens} words and signs`
    if (token.length > bounds.tokenLength) return `a text of more than ${bounds.tokenLength} characters`
  }
  return undefined
}

interface Token {
  readonly type: string
  readonly value?: Token | string
  readonly items?: readonly Item[]
  readonly end?: readonly unknown[]
}
/** `start` and `sep` hold what is no value: spaces, comments, commas. */
interface Item {
  readonly start?: readonly unknown[]
  readonly key?: Token | null
  readonly sep?: readonly unknown[]
  readonly value?: Token | string
}

/** On the concrete syntax, which is parsed without recursion. */
function exceededTree(text: string): string | undefined {
  for (const root of new Parser().parse(text)) {
    const open: [Token, number][] = [[root as Token, 0]]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [{ type, value, items = [], end = [] }, depth] = next
      const width = type === 'block-map' ? bounds.fields : bounds.entries
      if (depth > bounds.depth) return `nested more than ${bounds.depth} levels deep`
      if (items.length > width) return `more than ${width} entries in one list or block`
      if (isLong(end) || items.some(({ start = [], sep = [] }) => isLong(start) || isLong(sep)))
        return `more than ${bounds.entries} signs between two values`
      if (typeof value === 'object') open.push([value, depth])
      for (const item of items)
        for (const child of [item.key, item.value]) if (typeof child === 'object' && child !== null) open.push([child, depth + 1])
    }
  }
  return undefined
}

const isLong = (signs: readonly unknown[]): boolean => signs.length > bounds.entries
