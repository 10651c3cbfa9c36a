import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'

/** Rows of each file that are the reference; the benchmark's own split. */
export const REFERENCE_ROWS = 400
const GROUPS = ['other', 'valve1', 'valve2']
const LABELS = ['anomaly', 'changepoint']
const cells = z.array(z.array(z.string()))

/** One experiment of SKAB: about 1,100 rows at 1 Hz, with one fault. */
export interface SkabFile {
  /** Such as `valve1/0`. */
  readonly name: string
  /** `datetime` and the eight sensors. */
  readonly columns: readonly string[]
  /** Lines of these columns, separated by commas, the labels left out. */
  readonly lines: readonly string[]
  /** For each row, 1 while there is a fault. */
  readonly labels: Uint8Array
}

/** The 34 labelled files of `folder`, sorted by name. Throws when they are not there. */
export async function readSkab(folder: string): Promise<SkabFile[]> {
  const names = await Promise.all(
    GROUPS.map(async (group) => {
      const entries = await readdir(join(folder, group)).catch(() => {
        throw new Error(`${folder} holds no folder ${group}; expected SKAB's data folder (github.com/waico/SKAB) with ${GROUPS.join(', ')}`)
      })
      return entries.filter((entry) => entry.endsWith('.csv')).map((entry) => `${group}/${entry.slice(0, -'.csv'.length)}`)
    }),
  )
  return Promise.all(
    names
      .flat()
      .sort()
      .map((name) => readOne(folder, name)),
  )
}

async function readOne(folder: string, name: string): Promise<SkabFile> {
  const text = await readFile(join(folder, `${name}.csv`), 'utf8')
  const [header, ...rows] = cells.parse(parse(text, { delimiter: ';' }))
  const label = header.indexOf('anomaly')
  if (label === -1 || rows.length <= REFERENCE_ROWS) {
    throw new Error(
      `${name}.csv: expected a column "anomaly" and more than ${REFERENCE_ROWS} rows, found ${rows.length} of ${header.join(', ')}`,
    )
  }
  const kept = [...header.keys()].filter((column) => !LABELS.includes(header[column]))
  return {
    name,
    columns: kept.map((column) => header[column]),
    lines: rows.map((row) => kept.map((column) => row[column]).join(',')),
    labels: Uint8Array.from(rows, (row) => Number(row[label])),
  }
}
