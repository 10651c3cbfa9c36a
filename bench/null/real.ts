import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { readNpz } from '../npz.js'
import { type NullStream, splits } from './stream.js'

const cells = z.array(z.array(z.string()))
const readCsv = async (path: string, delimiter: string): Promise<string[][]> => {
  const [, ...rows] = cells.parse(parse(await readFile(path, 'utf8'), { delimiter }))
  return rows
}

/** Parts that the long run of SKAB is cut into: nine splits. */
const SKAB_PARTS = 10

/** Nine stretches of the plant's one long run without a fault, each with the next one as its test. */
export async function skabStreams(data: string): Promise<NullStream[]> {
  const rows = await readCsv(join(data, 'skab', 'anomaly-free', 'anomaly-free.csv'), ';')
  const d = rows[0].length - 1
  const values = Float64Array.from(rows.flatMap((row) => row.slice(1, d + 1).map(Number)))
  return splits({ set: 'SKAB anomaly-free', kind: 'anomaly-free', d }, values, Math.floor(rows.length / SKAB_PARTS))
}

/** The Tennessee Eastman process without a fault: two runs of the simulation, each the test of the other. */
export async function tepStreams(data: string): Promise<NullStream[]> {
  const arrays = readNpz(await readFile(join(data, 'tep', 'tep.npz')))
  const [short, long] = ['d00', 'd00_te'].map((name) => {
    const array = arrays.get(name)
    if (array === undefined) throw new Error(`tep.npz holds no array ${name}`)
    return array
  })
  // 500 rows are too few for any K by the rule of the other sets; 8 is asked of them all the same.
  const stream = (kind: string, reference: Float64Array, test: Float64Array): NullStream => ({
    set: 'TEP normal',
    kind,
    d: short.columns,
    reference,
    test,
    episodes: [8],
  })
  return [stream('d00 → d00_te', short.values, long.values), stream('d00_te → d00', long.values, short.values)]
}

const LAGS = 4
/** Rows of the shortest reference. */
const SHORTEST = 800
const windowsSchema = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])))

/** The real series of NAB without their label windows, as vectors of four consecutive values. */
export async function nabStreams(data: string): Promise<NullStream[]> {
  const windows = windowsSchema.parse(JSON.parse(await readFile(join(data, 'nab', 'labels', 'combined_windows.json'), 'utf8')))
  const folders = (await readdir(join(data, 'nab', 'data'))).filter((folder) => folder.startsWith('real')).sort()
  const streams: NullStream[] = []
  for (const folder of folders) {
    for (const file of (await readdir(join(data, 'nab', 'data', folder))).filter((name) => name.endsWith('.csv')).sort()) {
      const rows = await readCsv(join(data, 'nab', 'data', folder, file), ',')
      const values = embed(rows, windows[`${folder}/${file}`] ?? [])
      const series = { set: folder === 'realTweets' ? 'NAB tweets' : 'NAB other', kind: `${folder}/${file}`, d: LAGS } as const
      streams.push(...splits(series, values, referenceRows(values.length / LAGS)))
    }
  }
  return streams
}

/** A quarter of the series, or the half of a short one. Of a series that is too short for that no split comes. */
const referenceRows = (rows: number): number => {
  const parts = rows >= 4 * SHORTEST ? 4 : 2
  return Math.max(SHORTEST, Math.floor(rows / parts))
}

/** Rows of the last four values, but for those that touch a label window. */
function embed(rows: readonly string[][], windows: readonly (readonly [string, string])[]): Float64Array {
  const labelled = rows.map(([time]) => windows.some(([from, to]) => time >= from.slice(0, 19) && time <= to.slice(0, 19)))
  const embedded: number[] = []
  for (let t = LAGS - 1; t < rows.length; t++) {
    const lags = Array.from({ length: LAGS }, (_, lag) => t - lag)
    if (!lags.some((row) => labelled[row])) embedded.push(...lags.map((row) => Number(rows[row][1])))
  }
  return Float64Array.from(embedded)
}
