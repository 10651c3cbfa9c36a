import { parse } from 'csv-parse/sync'
import type { Message } from 'kafkajs'
import { unnamed } from '../../connectors/codecs/codec-kind.js'
import { parsePath, valueAt } from '../../connectors/codecs/path.js'
import type { FileLayout } from '../../connectors/files/file.js'
import type { NpyHeader } from '../../connectors/files/npy.js'
import type { RawRecord } from '../../connectors/records.js'
import { harmless } from '../../telemetry/terminal.js'
import { CommandError } from '../exit.js'

export const formats = ['json', 'float32', 'float64'] as const
export type Format = (typeof formats)[number]

/** What the messages are made of. */
export interface MessageOptions {
  readonly format: Format
  /** The column that becomes the key; with `keepKey` a JSON message has it too. */
  readonly key?: string | undefined
  readonly keepKey: boolean
  /** The column with the event time: in JSON it stays the text that it is, beside numbers it goes into the header `time`. */
  readonly time?: string | undefined
  readonly delimiter: string
}

/** A row that cannot become a message; says which, and why. */
export class RowError extends Error {
  override readonly name = 'RowError'
}

/** The message of a row; undefined for a blank line. Throws `RowError`. */
export type ToMessage = (record: RawRecord) => Message | undefined

/** How rows of a file become messages. @throws CommandError when the file has not what the options name */
export function messagesOf(layout: FileLayout, options: MessageOptions): ToMessage {
  switch (layout.format) {
    case 'csv':
      return csvMessages(layout.columns, options)
    case 'ndjson':
      return ndjsonMessages(options)
    case 'npy':
      return npyMessages(layout, options)
  }
}

function csvMessages(columns: readonly string[], { format, key, keepKey, time, delimiter }: MessageOptions): ToMessage {
  const keyAt = columnAt(columns, key)
  const timeAt = columnAt(columns, time)
  const kept = [...columns.keys()].filter((column) => column !== keyAt && column !== timeAt)
  const fields = format === 'json' ? [...columns.keys()].filter((column) => keepKey || column !== keyAt) : kept
  const asText = new Set([keyAt, timeAt])
  return ({ value, offset }) => {
    const line = value?.toString('utf8') ?? ''
    if (line.trim() === '') return undefined
    const cells = cellsOf(line, delimiter)
    if (cells.length !== columns.length)
      throw wrong(offset, `has ${cells.length} fields; expected ${columns.length} (--delimiter "${delimiter}")`)
    const head = { key: keyAt === undefined ? null : cells[keyAt] }
    if (format === 'json') {
      const entries = fields.map((column) => [columns[column], asText.has(column) ? cells[column] : jsonValue(cells[column])])
      return { ...head, value: JSON.stringify(Object.fromEntries(entries)) }
    }
    const numbers = fields.map((column) => numberIn(cells[column], columns[column], offset))
    return { ...head, value: floats(numbers, format), ...(timeAt !== undefined && { headers: { time: cells[timeAt] } }) }
  }
}

/** A line of JSON goes out as it stands: only its key is looked for. */
function ndjsonMessages({ format, key }: MessageOptions): ToMessage {
  if (format !== 'json')
    throw new CommandError('usage', `--format ${format}: expected a csv or npy file; the lines of this one are JSON already`)
  const path = key === undefined ? undefined : parsePath(key)
  return ({ value, offset }) => {
    if (value === null || value.toString('latin1').trim() === '') return undefined
    if (path === undefined) return { key: null, value }
    const found = valueAt(parsedLine(value, offset), path)
    if (typeof found !== 'string' && typeof found !== 'number') throw wrong(offset, `has no text or number at "${key}" to be the key`)
    return { key: String(found), value }
  }
}

function npyMessages(header: NpyHeader, { format, key, time }: MessageOptions): ToMessage {
  if (key !== undefined || time !== undefined)
    throw new CommandError('usage', 'an npy file has no columns by name: leave out --stream, --key-column and --time-column')
  const names = unnamed(header.columns)
  return ({ value }) => {
    if (format === header.dtype) return { key: null, value }
    const numbers = numbersIn(value ?? Buffer.alloc(0), header)
    if (format !== 'json') return { key: null, value: floats(numbers, format) }
    return { key: null, value: JSON.stringify(Object.fromEntries(names.map((name, i) => [name, numbers[i]]))) }
  }
}

function columnAt(columns: readonly string[], name: string | undefined): number | undefined {
  if (name === undefined) return undefined
  const at = columns.indexOf(name)
  if (at === -1) throw new CommandError('usage', harmless(`there is no column "${name}"; the columns are ${columns.join(', ')}`, 1000))
  return at
}

const cellsOf = (line: string, delimiter: string): string[] =>
  line.includes('"') ? (parse(line, { delimiter, relax_column_count: true, relax_quotes: true })[0] ?? []) : line.split(delimiter)

const decimal = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/

/** A number where the cell holds one that survives as such, null for an empty cell, else the text. */
function jsonValue(cell: string): number | string | null {
  if (cell.trim() === '') return null
  const value = Number(cell)
  const survives = Number.isFinite(value) && (!/^\s*[+-]?\d+\s*$/.test(cell) || Number.isSafeInteger(value))
  return decimal.test(cell) && survives ? value : cell
}

/** A cell beside other numbers: an empty one is a NaN, which no JSON could say. */
function numberIn(cell: string, column: string, row: number): number {
  if (decimal.test(cell)) return Number(cell)
  if (/^\s*(?:nan)?\s*$/i.test(cell)) return Number.NaN
  throw wrong(row, `holds "${cell.slice(0, 40)}" in column "${column}"; expected a number`)
}

function floats(numbers: readonly number[], format: Exclude<Format, 'json'>): Buffer {
  const size = format === 'float32' ? 4 : 8
  const bytes = Buffer.alloc(numbers.length * size)
  for (const [i, value] of numbers.entries()) {
    if (format === 'float32') bytes.writeFloatLE(value, i * size)
    else bytes.writeDoubleLE(value, i * size)
  }
  return bytes
}

const numbersIn = (row: Buffer, { dtype, columns }: NpyHeader): number[] =>
  Array.from({ length: columns }, (_, i) => (dtype === 'float32' ? row.readFloatLE(i * 4) : row.readDoubleLE(i * 8)))

function parsedLine(value: Buffer, row: number): unknown {
  try {
    return JSON.parse(value.toString('utf8'))
  } catch (error) {
    throw wrong(row, `is not JSON (${error instanceof Error ? error.message : error}), so its key cannot be found`)
  }
}

/** Rows count from 1, the header line of a csv file not among them. */
const wrong = (offset: number, what: string): RowError => new RowError(harmless(`row ${offset + 1} ${what}`, 1000))
