import { isUtf8 } from 'node:buffer'
import { CsvError, parse as parseQuoted } from 'csv-parse/sync'
import { z } from 'zod'
import type { Codec, Rejection, Row } from '../codec.js'
import type { CodecContext } from '../component.js'
import type { Records } from '../records.js'
import { type CodecKind, checkFeatures } from './codec-kind.js'
import { anywhere, MetaReader, metaShape } from './meta.js'
import { lastSegment } from './path.js'
import { isMissing, notANumber, reject, unfit } from './rejection.js'

const schema = z.strictObject({
  delimiter: z
    .string()
    .regex(/^[^"\r\n]$/, 'must be one character, such as "," or ";"')
    .default(',')
    .describe('The character between two fields'),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'names a column twice')
    .optional()
    .describe("Names of the columns in order; default: the file's header line"),
  features: z
    .array(z.string().min(1))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'names a feature twice')
    .optional()
    .describe("Names of the feature columns, in the order of the reference's features; default: the columns of the reference's names"),
  ...metaShape(anywhere('Name of a column')),
})
type Options = z.output<typeof schema>

/**
 * One line per record (UTF-8), numbers with a decimal point. Columns that no option names are left aside.
 * Fields in double quotes may hold the delimiter, not a line break.
 */
export const csv: CodecKind<typeof schema> = {
  type: 'csv',
  title: 'A line of delimited fields',
  schema,
  create: (options, context) => new CsvCodec(options, context),
  featureNames(options, { columns = options.columns }) {
    if (options.features !== undefined) return options.features
    const meta: readonly unknown[] = [options.stream, options.time, options.id, options.label, options.group]
    return (options.columns ?? columns)?.filter((name) => !meta.includes(name))
  },
}

class CsvCodec implements Codec {
  readonly dtype = 'float64'
  readonly #delimiter: string
  readonly #columns: readonly string[]
  /** For each feature, the index of its column. */
  readonly #indices: readonly number[]
  readonly #meta: MetaReader<readonly string[]>
  readonly #maxBytes: number
  readonly #mayMiss: readonly boolean[] | undefined

  constructor(options: Options, context: CodecContext) {
    const columns = options.columns ?? context.columns
    if (columns === undefined) {
      throw new Error('decode.csv.columns: is missing, and the source has no header line; name the columns in their order')
    }
    if (options.features !== undefined) checkFeatures('decode.csv.features', options.features, context.features)
    this.#delimiter = options.delimiter
    this.#columns = columns
    this.#indices = (options.features ?? context.features).map((name) => columnIndex(columns, name))
    this.#meta = new MetaReader(
      options,
      (name) => {
        const index = columnIndex(columns, name)
        return (cells) => cells[index]
      },
      context.groups,
    )
    this.#maxBytes = context.maxMessageBytes
    this.#mayMiss = context.mayMiss
  }

  decode(records: Records, index: number, row: Row): Rejection | undefined {
    const rejection = unfit(records, index, this.#maxBytes)
    if (rejection !== undefined) return rejection
    const bytes = records.values.at(index)!
    if (!isUtf8(bytes)) return reject('undecodable', 'the line is not valid UTF-8')
    const cells = splitLine(bytes.toString('utf8'), this.#delimiter)
    if (cells === undefined)
      return reject('undecodable', 'the line is not one row of delimited fields: a quote or a line break is out of place')
    if (cells.length !== this.#columns.length) {
      return reject('dimension', `the line has ${cells.length} fields; expected ${this.#columns.length} (delimiter "${this.#delimiter}")`)
    }
    return this.#readFeatures(cells, row) ?? this.#meta.read(records, index, cells, row)
  }

  #readFeatures(cells: readonly string[], { values, at }: Row): Rejection | undefined {
    for (let i = 0; i < this.#indices.length; i++) {
      const cell = cells[this.#indices[i]]
      const value = parseNumber(cell)
      if (typeof value === 'number' && value - value === 0) values[at + i] = value
      else if (this.#mayMiss?.[i] && isMissing(value)) values[at + i] = Number.NaN
      else return notANumber(this.#columns[this.#indices[i]], value)
    }
    return undefined
  }
}

const decimal = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/
const notFinite = /^\s*([+-]?)(?:(nan)|inf(?:inity)?)\s*$/i

/** The number that a field holds; undefined for an empty field, the text itself when it is no number. */
function parseNumber(cell: string): number | string | undefined {
  if (decimal.test(cell)) return Number(cell)
  if (cell.trim() === '') return undefined
  const match = notFinite.exec(cell)
  if (match === null) return cell
  if (match[2] !== undefined) return Number.NaN
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/**
 * The fields of one line, or undefined when it is not one line. csv-parse costs a hundred times a plain split: it is for quotes only.
 * It must not look for line ends by itself: it would take a megabyte of carriage returns for as many rows, half a minute long.
 */
function splitLine(text: string, delimiter: string): readonly string[] | undefined {
  const line = text.endsWith('\n') ? text.slice(0, text.endsWith('\r\n') ? -2 : -1) : text
  if (line.includes('\n')) return undefined
  if (!line.includes('"')) return line.split(delimiter)
  try {
    const rows: string[][] = parseQuoted(line, { delimiter, record_delimiter: '\n', relax_column_count: true })
    return rows.length === 1 ? rows[0] : undefined
  } catch (error) {
    if (error instanceof CsvError) return undefined
    throw error
  }
}

/** The column of a name; a feature that the reference calls `data.amount` may stand in the column `amount`. */
function columnIndex(columns: readonly string[], name: string): number {
  const exact = columns.indexOf(name)
  const index = exact === -1 ? columns.indexOf(lastSegment(name)) : exact
  if (index === -1) throw new Error(`decode.csv: there is no column "${name}"; the columns are ${columns.join(', ')}`)
  return index
}
