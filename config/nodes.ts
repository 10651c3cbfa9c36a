import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Pair } from 'yaml'
import { childField, type Field, typesOf } from './json-schema.js'
import { formatPath, type Place, type Problem } from './problem.js'
import { type Environment, substitute } from './substitute.js'

type Path = readonly PropertyKey[]

/** Aliases that a file may follow: shared blocks of monitors need a handful, a bomb needs thousands. */
export const aliasLimit = 200
/** Values that aliases may come to, all in all: a few of them can repeat a large block many times. */
export const valueLimit = 100_000
/** Levels below which an alias must have led into itself. */
const depthLimit = 64

/** Turns nodes of a YAML document into plain values and keeps where they stood and what was substituted into them. */
export class NodeReader {
  readonly places = new Map<string, Place>()
  readonly substituted = new Map<string, { readonly shown: string; readonly hidden: string }>()
  readonly problems: Problem[] = []
  /** Offset of the alias at which reading gave up; then the value is not whole. */
  exhausted: number | undefined
  #aliases = 0
  #values = 0

  constructor(
    private readonly document: Document.Parsed,
    private readonly place: (offset: number) => Place,
    private readonly environment: Environment,
  ) {}

  /** The value of `node`, which stands at `path`, where the schema says `field`. */
  read(node: unknown, path: Path, field: Field | undefined): unknown {
    if (this.exhausted !== undefined) return null
    this.#values++
    this.#put(path, node)
    if (isAlias(node)) return this.#follow(node, path, field)
    if (isMap(node)) return Object.fromEntries(node.items.flatMap((pair) => this.#entry(pair, path, field)))
    if (isSeq(node)) return node.items.map((item, index) => this.read(item, [...path, index], childField(field, index)))
    if (!isScalar(node)) return null
    return typeof node.value === 'string' && node.value.includes('${') ? this.#substitute(node.value, path, field) : node.value
  }

  #entry({ key, value }: Pair<unknown, unknown>, path: Path, field: Field | undefined): [string, unknown][] {
    if (!isScalar(key)) {
      this.#report(path, 'a field name is a list, a block or an alias; expected plain text')
      return []
    }
    const name = String(key.value)
    this.#put([...path, name], key)
    const read = this.read(value, [...path, name], childField(field, name))
    if (name !== 'length' || read === null || typeof read !== 'object') return [[name, read]]
    // zod (4.6) takes whatever has a `length` for something that it can count, and throws on one that is no number.
    this.#report([...path, name], 'a field called `length` is a list or a block; expected text or a number')
    return []
  }

  #follow(alias: Alias, path: Path, field: Field | undefined): unknown {
    this.#aliases++
    if (this.#aliases > aliasLimit || this.#values > valueLimit || path.length > depthLimit) {
      this.exhausted = alias.range?.[0] ?? 0
      return null
    }
    const target = alias.resolve(this.document)
    if (target !== undefined) return this.read(target, path, field)
    this.#report(path, `alias *${alias.source} has no anchor &${alias.source} before it`)
    return null
  }

  #substitute(text: string, path: Path, field: Field | undefined): unknown {
    const { text: value, shown, faults } = substitute(text, this.environment)
    for (const fault of faults) this.#report(path, fault)
    if (shown !== value) this.substituted.set(formatPath(path), { shown, hidden: value })
    return typed(value, field)
  }

  /** The first place wins: the name of a field, not its value. */
  #put(path: Path, node: unknown): void {
    const offset = (node as { range?: readonly number[] | null } | null)?.range?.[0]
    const key = formatPath(path)
    if (offset !== undefined && !this.places.has(key)) this.places.set(key, this.place(offset))
  }

  #report(path: Path, message: string): void {
    const text = formatPath(path)
    const { line, column } = this.places.get(text) ?? {}
    this.problems.push({ path: text, line, column, message, found: undefined, mend: undefined })
  }
}

/** Substituted text as what the field takes: a number where it takes numbers, true and false where it takes no text. */
function typed(text: string, field: Field | undefined): unknown {
  const types = field === undefined ? [] : typesOf(field)
  if (/^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) && types.some((type) => type === 'number' || type === 'integer')) return Number(text)
  if (types.includes('string')) return text
  return types.includes('boolean') && /^(true|false)$/.test(text) ? text === 'true' : text
}
