import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { type LabelWindow, readNab } from '../nab/corpus.js'
import { readNpz } from '../npz.js'
import { type NullStream, splits } from './stream.js'

const cells = z.array(z.array(z.string()))
const readCsv = async (path: string, delimiter: string): Promise<string[][]> => {
  const [, ...rows] = cells.parse(parse(await readFile(path, 'utf8'), { delimiter }))
  return rows
}

/** Of SKAB's one long run without a fault: nine splits of a tenth, and one of the halves. */
export async function skabStreams(data: string): Promise<NullStream[]> {
  const rows = await readCsv(join(data, 'skab', 'anomaly-free', 'anomaly-free.csv'), ';')
  const d = rows[0].length - 1
  const values = Float64Array.from(rows.flatMap((row) => row.slice(1, d + 1).map(Number)))
  const series = { set: 'SKAB anomaly-free', kind: 'anomaly-free', d } as const
  return [...splits({ ...series, allowed: 8 }, values, 10), ...splits({ ...series, allowed: 20 }, values, 2)]
}

/** The Tennessee Eastman process without a fault: two runs of the simulation, each the test of the other. */
export async function tepStreams(data: string): Promise<NullStream[]> {
  const arrays = readNpz(await readFile(join(data, 'tep', 'tep.npz')))
  const [short, long] = ['d00', 'd00_te'].map((name) => {
    const array = arrays.get(name)
    if (array === undefined) throw new Error(`tep.npz holds no array ${name}`)
    return array
  })
  const series = { set: 'TEP normal', d: short.columns, allowed: 8 } as const
  return [
    { ...series, kind: 'd00 → d00_te', reference: short.values, test: long.values },
    { ...series, kind: 'd00_te → d00', reference: long.values, test: short.values },
  ]
}

const LAGS = 4

/** The real series of NAB without their label windows, as vectors of four consecutive values: three splits of a quarter, one of the halves. */
export async function nabStreams(data: string): Promise<NullStream[]> {
  const corpus = await readNab(join(data, 'nab'))
  return corpus
    .filter(({ name }) => name.startsWith('real'))
    .flatMap(({ name, values, windows }) => {
      const embedded = embed(values, windows)
      const series = { set: name.startsWith('realTweets') ? 'NAB tweets' : 'NAB other', kind: name, d: LAGS } as const
      return [...splits({ ...series, allowed: 8 }, embedded, 4), ...splits({ ...series, allowed: 20 }, embedded, 2)]
    })
}

/** Rows of the last four values, but for those that touch a label window. */
export function embed(values: Float64Array, windows: readonly LabelWindow[]): Float64Array {
  const embedded: number[] = []
  for (let t = LAGS - 1; t < values.length; t++) {
    const lags = Array.from({ length: LAGS }, (_, lag) => t - lag)
    if (!lags.some((row) => windows.some(([from, to]) => row >= from && row <= to))) embedded.push(...lags.map((row) => values[row]))
  }
  return Float64Array.from(embedded)
}
