import { Liquid, type Template as Parsed } from 'liquidjs'
import { withoutMarkup } from './markup.js'

/** Where a template's output goes, which decides how names in it are escaped. */
export type TemplateOf = 'json' | 'form' | 'markup' | 'text' | 'url'

const encoded = (value: unknown): string => encodeURIComponent(plain(value))
/** Without halves of characters, which cutting may leave. */
const plain = (value: unknown): string => Buffer.from(textOf(value)).toString()
const textOf = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escapes: Readonly<Record<TemplateOf, (value: unknown) => string>> = {
  // As inside of a JSON text; the template has the quotation marks.
  json: (value) => JSON.stringify(plain(value)).slice(1, -1),
  form: encoded,
  url: encoded,
  markup: (value) => plain(value).replace(/[&<>"']/g, (character) => entities[character]),
  text: plain,
}

const SOURCE_LENGTH = 65_536
const OUTPUT_LENGTH = 1_048_576
const RENDER_MS = 1000
const ALLOCATED = 10_000_000

function engineOf(of: TemplateOf): Liquid {
  const engine = new Liquid({
    strictFilters: true,
    strictVariables: true,
    ownPropertyOnly: true,
    lenientIf: true,
    // No files: what a template includes must be one of none.
    templates: {},
    outputEscape: escapes[of],
    parseLimit: SOURCE_LENGTH,
    renderLimit: RENDER_MS,
    memoryLimit: ALLOCATED,
  })
  // A whole JSON value, quotation marks included: not escaped again.
  engine.registerFilter('json', { raw: true, handler: (value: unknown) => JSON.stringify(value ?? null) })
  engine.registerFilter('plain', (value: unknown) => withoutMarkup(plain(value)))
  return engine
}

/**
 * A template in Liquid: no code, no files, own properties only; bounded in source, time, memory and output. What it puts in is
 * escaped for where it goes.
 */
export class Template {
  readonly #engine: Liquid
  readonly #parsed: readonly Parsed[]
  readonly #isJson: boolean

  /** @throws Error that says where the template is wrong */
  constructor(source: string, of: TemplateOf) {
    this.#isJson = of === 'json'
    this.#engine = engineOf(of)
    this.#parsed = this.#engine.parse(source)
  }

  /** @throws Error when it cannot be rendered, or is not JSON where it must be */
  render(variables: object): string {
    const text: string = this.#engine.renderSync([...this.#parsed], variables)
    if (text.length > OUTPUT_LENGTH) throw new Error(`the template makes ${text.length} characters; at most ${OUTPUT_LENGTH} are sent`)
    if (this.#isJson) JSON.parse(text)
    return text
  }
}
