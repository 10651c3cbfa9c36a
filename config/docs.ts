import { codecs, controls, deadLetters, pagers, sinks, sources, stores } from '../connectors/registry.js'
import { guide } from './guide.js'
import { alternatives, childField, configJsonSchema, type Field, fieldAt, inputSchema, typesOf } from './json-schema.js'
import { sinkOptions } from './sink.js'

interface Kind {
  readonly field: string
  readonly heading: string
  readonly intro: string
  readonly components: readonly { readonly type: string; readonly title: string }[]
}

/** The places of a monitor that take a component, each with a section of its own. */
const kinds: readonly Kind[] = [
  { field: 'source', heading: 'Sources', intro: 'Where records come from (`source`).', components: sources },
  { field: 'decode', heading: 'Codecs', intro: 'How a message becomes a row of features (`decode`).', components: codecs },
  { field: 'sinks', heading: 'Sinks', intro: 'Where alerts go (`sinks`, a list).', components: [...sinks, ...pagers] },
  {
    field: 'deadLetters',
    heading: 'Dead letters',
    intro: 'Where records go that cannot be used (`deadLetters`).',
    components: deadLetters,
  },
  { field: 'state', heading: 'State stores', intro: 'Where open alerts and windows are kept (`state`).', components: stores },
  {
    field: 'control',
    heading: 'Control messages',
    intro: 'Where deploys are declared and rebaselines asked for (`control`).',
    components: controls,
  },
]

/** The page docs/configuration.md, made from the schema. */
export function configurationPage(): string {
  const root = configJsonSchema()
  const { monitors: _, ...process } = root.properties ?? {}
  const monitor = fieldAt(root, ['monitors', 0]) ?? {}
  return [
    guide,
    '## The process',
    fieldTable({ ...root, properties: process }),
    '## A monitor',
    'The entries of the list `monitors`.',
    fieldTable(monitor),
    ...kinds.flatMap((kind) => section(kind, monitor)),
  ]
    .join('\n\n')
    .concat('\n')
}

function section({ field, heading, intro, components }: Kind, monitor: Field): string[] {
  const position = fieldAt(monitor, [field])
  const block = childField(position, 0) ?? position
  const common = field === 'sinks' ? ['Beside its type, every sink takes:', fieldTable(inputSchema(sinkOptions))] : []
  return [
    `## ${heading}`,
    `${intro} One key names the type, its options stand below it.`,
    ...common,
    ...components.flatMap(({ type, title }) => [`### ${heading}: ${type}`, `${title}.`, fieldTable(childField(block, type) ?? {})]),
  ]
}

function fieldTable(block: Field): string {
  const rows = fieldRows(block, '')
  if (rows.length === 0) return 'No options.'
  return ['| Field | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** One row per field; the fields of a block inside follow it with their path, those of a component have their own section. */
const fieldRows = (block: Field, prefix: string): string[] =>
  Object.entries(block.properties ?? {}).flatMap(([name, field]) => {
    if (typeof field === 'boolean') return []
    const kind = prefix === '' ? kinds.find((candidate) => candidate.field === name && takesComponent(field)) : undefined
    const required = block.required?.includes(name) === true
    const row = [`\`${prefix}${name}\``, kind === undefined ? typeText(field) : `[${kind.heading.toLowerCase()}](#${anchor(kind.heading)})`]
    const text = `| ${[...row, required ? '**required**' : defaultText(field), meaning(field)].map(cell).join(' | ')} |`
    const inner = kind === undefined ? (fieldAt(field, [0]) ?? field) : {}
    return [text, ...fieldRows(inner, `${prefix}${name}${inner === field ? '' : '[]'}.`)]
  })

/** Components stand under keys of their own: a block that takes at most one, or a list of such entries. */
const takesComponent = (field: Field) => field.maxProperties === 1 || field.type === 'array'

const words: Readonly<Record<string, string>> = { string: 'text', integer: 'whole number', boolean: 'true, false', object: 'block' }

function typeText(field: Field): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(', ')
  if (field.const !== undefined) return `\`${field.const}\``
  const item = fieldAt(field, [0])
  if (item !== undefined) return `list of ${typeText(item)}`
  if (field.writeOnly === true) return 'secret text'
  const options = alternatives(field)
  if (options.length > 1) return options.map((option) => shapeText(option) ?? typeText(option)).join(' or ')
  return typesOf(field)
    .map((type) => words[type] ?? type)
    .join(' or ')
}

/** A block inside a union has no rows of its own: its fields are named in place. */
const shapeText = ({ properties }: Field) => (properties === undefined ? undefined : `\`{ ${Object.keys(properties).join(', ')} }\``)

function defaultText(field: Field): string {
  if (field.default === undefined || JSON.stringify(field.default) === '{}') return ''
  return `\`${plain(field.default)}\``
}

function meaning({ description = '', examples }: Field): string {
  const example = Array.isArray(examples) ? ` Example: \`${plain(examples[0])}\`.` : ''
  return `${/[.!?]$/.test(description) || description === '' ? description : `${description}.`}${example}`
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const anchor = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-')
