import { type Document, LineCounter, Parser, parseDocument } from 'yaml'
import type { Field } from './json-schema.js'
import { aliasLimit, NodeReader } from './nodes.js'
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
 * Reads YAML 1.2 and fills in substitutions. A substituted text becomes a number or boolean where the schema takes nothing else.
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
      { ...unplaced(`more than ${aliasLimit} aliases are followed, or one that contains itself`), ...place(reader.exhausted) },
    ])
  return { value, places: reader.places, substituted: reader.substituted, problems: reader.problems }
}

/** Bounds that no configuration written by people reaches; beyond them the composer of YAML may run out of stack or time. */
const bounds = { depth: 32, values: 100_000, width: 5000 }

interface Token {
  readonly value?: Token | string
  readonly items?: readonly { readonly key?: Token | null; readonly value?: Token | string }[]
}

/** Checks the bounds on the concrete syntax, which is parsed without recursion, before anything recursive touches the text. */
function exceeded(text: string): string | undefined {
  let values = 0
  for (const root of new Parser().parse(text)) {
    const open: [Token, number][] = [[root as Token, 0]]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [{ value, items = [] }, depth] = next
      if (++values > bounds.values) return `more than ${bounds.values} values`
      if (depth > bounds.depth) return `nested more than ${bounds.depth} levels deep`
      if (items.length > bounds.width) return `more than ${bounds.width} entries in one list or block`
      if (typeof value === 'object') open.push([value, depth])
      for (const item of items)
        for (const child of [item.key, item.value]) if (typeof child === 'object' && child !== null) open.push([child, depth + 1])
    }
  }
  return undefined
}
