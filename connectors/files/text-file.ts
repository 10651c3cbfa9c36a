import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import type { RawRecord } from '../records.js'
import { fileError, ioError } from './file-error.js'
import { LineSplitter } from './lines.js'
import type { Sequence } from './sequential.js'

/** Longest line that is held: a line over it becomes a record of one byte more, which every codec rejects as `too_large`. */
const longestLine = 64 * 1024 * 1024
const chunkBytes = 256 * 1024

export interface TextFileOptions {
  readonly path: string
  /** Whether the first line names the columns, and is no record. */
  readonly header: boolean
  /** The timestamp of the record at an index. */
  readonly timestamp: (offset: number) => number
}

/** A file of one record per line, blank ones included; `.gz` is unpacked on the way. The record's offset is the line's index after the header. */
export class TextFile implements Sequence {
  readonly topic: string

  constructor(private readonly options: TextFileOptions) {
    this.topic = options.path
  }

  async open(): Promise<number> {
    const lines = await countLines(this.options.path)
    return this.options.header ? Math.max(0, lines - 1) : lines
  }

  async *read(offset: number, signal: AbortSignal): AsyncIterable<readonly RawRecord[]> {
    const splitter = new LineSplitter(longestLine)
    let index = this.options.header ? -1 : 0
    const records = (lines: readonly Buffer[]): RawRecord[] => {
      const first = index
      index += lines.length
      return lines.slice(Math.max(0, offset - first)).map((value, i) => this.#record(Math.max(offset, first) + i, value))
    }
    for await (const chunk of chunks(this.options.path, signal)) yield records(splitter.push(chunk))
    if (signal.aborted) return
    yield records(splitter.end())
  }

  #record(offset: number, value: Buffer): RawRecord {
    return { offset, timestamp: this.options.timestamp(offset), key: null, value }
  }
}

/** The column names in the first line of a delimited file. Throws when there are none, or one is blank or named twice. */
export async function readHeader(path: string, delimiter = ','): Promise<readonly string[]> {
  const line = (await firstLine(path)).toString('utf8')
  let columns: string[]
  try {
    columns = parse(line, { delimiter, bom: true, trim: true })[0] ?? []
  } catch (error) {
    throw fileError(
      path,
      `its first line is no header (${error instanceof Error ? error.message : error})`,
      `expected column names between "${delimiter}"`,
      error,
    )
  }
  if (columns.length === 0) throw fileError(path, 'is empty', 'expected a first line of column names')
  const blank = columns.indexOf('')
  if (blank !== -1) throw fileError(path, `column ${blank + 1} of ${columns.length} has no name`, 'name it in the header line')
  const twice = columns.find((name, index) => columns.indexOf(name) !== index)
  if (twice !== undefined) throw fileError(path, `two columns are named "${twice}"`, 'give each column its own name')
  return columns
}

async function firstLine(path: string): Promise<Buffer> {
  const splitter = new LineSplitter(longestLine)
  for await (const chunk of chunks(path)) {
    const [line] = splitter.push(chunk)
    if (line !== undefined) return line
  }
  return splitter.end()[0] ?? Buffer.alloc(0)
}

async function countLines(path: string): Promise<number> {
  let lines = 0
  let ended = true
  for await (const chunk of chunks(path)) {
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) lines++
    ended = chunk.at(-1) === 0x0a
  }
  return ended ? lines : lines + 1
}

/** The file's bytes, unpacked; ends early, and lets go of the file at once, when `signal` aborts. */
async function* chunks(path: string, signal?: AbortSignal): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunkBytes, ...(signal && { signal }) })
  // The pipeline hands an error of the file on to the end that is read here, so its own callback has nothing to do.
  const stream: Readable = /\.gz$/i.test(path) ? pipeline(file, createGunzip(), () => {}) : file
  try {
    yield* stream
  } catch (error) {
    if (!signal?.aborted) throw ioError(path, error)
  } finally {
    file.destroy()
  }
}
