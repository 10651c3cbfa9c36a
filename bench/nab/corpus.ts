import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'

/** First and last row of a stretch that is labelled as anomalous. */
export type LabelWindow = readonly [number, number]

/** One series of the Numenta Anomaly Benchmark (github.com/numenta/NAB). */
export interface NabSeries {
  /** Such as `realKnownCause/nyc_taxi.csv`. */
  readonly name: string
  /** ms since the epoch; the corpus says no time zone. */
  readonly times: Float64Array
  readonly values: Float64Array
  readonly windows: readonly LabelWindow[]
}

const windowsSchema = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])))
const rowsSchema = z.array(z.tuple([z.string(), z.coerce.number()]))

/** The series of NAB's folder, sorted by name. Throws when they are not there. */
export async function readNab(folder: string): Promise<NabSeries[]> {
  const labels = await readFile(join(folder, 'labels', 'combined_windows.json'), 'utf8').catch(() => {
    throw new Error(`${folder} holds no labels/combined_windows.json; expected NAB's folders data and labels`)
  })
  const windows = windowsSchema.parse(JSON.parse(labels))
  return Promise.all(
    Object.keys(windows)
      .sort()
      .map(async (name) => seriesOf(name, await readFile(join(folder, 'data', name), 'utf8'), windows[name])),
  )
}

/** @param csv timestamp and value; `windows` are labelled from the one time to the other, both inclusive */
export function seriesOf(name: string, csv: string, windows: readonly (readonly [string, string])[]): NabSeries {
  const [, ...cells] = parse(csv) as unknown[]
  const rows = rowsSchema.parse(cells)
  const times = Float64Array.from(rows, ([time]) => timeOf(time))
  return {
    name,
    times,
    values: Float64Array.from(rows, ([, value]) => value),
    windows: windows.map(([from, to]) => [
      times.findIndex((time) => time >= timeOf(from)),
      times.findLastIndex((time) => time <= timeOf(to)),
    ]),
  }
}

const timeOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`)
