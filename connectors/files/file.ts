import { z } from 'zod'
import { instant } from '../codecs/time.js'
import type { SourceComponent } from '../component.js'
import { duration } from '../options.js'
import { fileError } from './file-error.js'
import { NpyFile, type NpyHeader, readNpyHeader } from './npy.js'
import { SequentialSource } from './sequential.js'
import { readHeader, TextFile } from './text-file.js'

export type FileFormat = 'csv' | 'ndjson' | 'npy'

const epoch = '1970-01-01T00:00:00Z'

const schema = z.strictObject({
  path: z.string().min(1).describe('The file; .gz is unpacked on the way (csv and ndjson)'),
  format: z
    .enum(['auto', 'csv', 'ndjson', 'npy'])
    .default('auto')
    .describe('auto reads it from the name: .csv .tsv .ndjson .jsonl .npy, and .gz after those'),
  header: z.boolean().default(true).describe('Whether the first line of a csv file names its columns'),
  rate: z.number().min(0).default(0).describe('Records per second to keep to; 0 = as fast as they are worked off'),
  startTime: instant()
    .prefault(epoch)
    .describe("Timestamp of the first row. A time that stands in the rows comes from the codec's option time instead"),
  interval: duration().prefault('1s').describe('Time from one row to the next'),
})

/** A finished file: row by row, each with its index as offset, at the timestamp startTime + index x interval. */
export const fileSource: SourceComponent<typeof schema> = {
  type: 'file',
  title: 'A file: delimited text, one JSON object per line, or a NumPy array',
  schema,
  create({ path, format, header, rate, startTime, interval }) {
    const timestamp = (offset: number) => startTime + offset * interval
    const actual = fileFormat(path, format)
    const sequence = actual === 'npy' ? new NpyFile(path, timestamp) : new TextFile({ path, header: header && actual === 'csv', timestamp })
    return new SequentialSource(sequence, rate)
  },
}

/** The format of a file, by its name unless it is given. Throws when the name does not tell. */
export function fileFormat(path: string, format: FileFormat | 'auto' = 'auto'): FileFormat {
  if (format !== 'auto') return format
  const name = path.toLowerCase().replace(/\.gz$/, '')
  if (/\.[ct]sv$/.test(name)) return 'csv'
  if (/\.(ndjson|jsonl)$/.test(name)) return 'ndjson'
  if (name.endsWith('.npy')) return 'npy'
  throw fileError(path, 'its name does not tell the format', 'set format to csv, ndjson or npy')
}

/** What a file says of itself: the column names of a csv, the element type and shape of an npy. */
export type FileLayout =
  | { readonly format: 'csv'; readonly columns: readonly string[] }
  | { readonly format: 'ndjson' }
  | ({ readonly format: 'npy' } & NpyHeader)

/** Reads a file's header; the codec that fits is `csv` (with these columns), `json`, or the npy's dtype. */
export async function readLayout(path: string, delimiter?: string): Promise<FileLayout> {
  const format = fileFormat(path)
  if (format === 'csv') return { format, columns: await readHeader(path, delimiter) }
  return format === 'npy' ? { format, ...(await readNpyHeader(path)) } : { format }
}
