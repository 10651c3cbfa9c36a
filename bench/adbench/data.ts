import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { uniforms } from '../../detectors/random.js'
import { readNpz } from '../npz.js'
import { shuffled } from '../shuffled.js'

export const groups = ['adbench', 'mvtec'] as const
export type Group = (typeof groups)[number]

/** A data set with labels; it is read when it is its turn. */
export interface AdSet {
  readonly group: Group
  readonly name: string
  readonly path: string
}

/** Rows of d numbers. */
export interface Split {
  readonly d: number
  /** Normal rows. */
  readonly reference: Float64Array
  readonly test: Float64Array
  /** Of the test: 1 = anomaly. */
  readonly labels: Uint8Array
}

const folders: Readonly<Record<Group, { readonly folder: string; readonly file: RegExp }>> = {
  adbench: { folder: 'adbench', file: /^\d+_(.+)\.npz$/ },
  mvtec: { folder: 'mvtec_resnet18_features', file: /^MVTec-AD_(.+)\.npz$/ },
}

/** The sets of both folders, sorted by name within each. Throws when a folder is not there. */
export async function listSets(data: string): Promise<AdSet[]> {
  const listed = await Promise.all(
    groups.map(async (group) => {
      const { folder, file } = folders[group]
      const entries = await readdir(join(data, folder)).catch(() => {
        throw new Error(
          `${data} holds no folder ${folder}; expected ADBench's npz files in ${groups.map((g) => folders[g].folder).join(' and ')}`,
        )
      })
      return entries.flatMap((entry) => {
        const name = file.exec(entry)?.[1].toLowerCase()
        return name === undefined ? [] : [{ group, name, path: join(data, folder, entry) }]
      })
    }),
  )
  return listed.flatMap((sets) => sets.sort((a, b) => (a.name < b.name ? -1 : 1)))
}

const REFERENCE_SHARE = 0.7
/** Normal rows that a test has at most; its anomalies are thinned in the same proportion. Only shuttle has more. */
const MAX_TEST_NORMALS = 3000

/** One-class: 70 % of the normal rows to fit on, the others and all anomalies to score, in an order of chance. */
export async function splitOf({ path }: AdSet, seed: number): Promise<Split> {
  const arrays = readNpz(await readFile(path))
  const [x, y] = [arrays.get('X'), arrays.get('y')]
  if (x === undefined || y === undefined || y.rows !== x.rows) throw new Error(`${path}: expected arrays X and y of as many rows`)
  const uniform = uniforms(seed)
  const of = (label: number) =>
    shuffled(
      [...y.values.keys()].filter((row) => y.values[row] === label),
      uniform,
    )
  const [normals, anomalies] = [of(0), of(1)]
  const fitted = Math.floor(REFERENCE_SHARE * normals.length)
  const kept = Math.min(1, MAX_TEST_NORMALS / (normals.length - fitted))
  const held = normals.slice(fitted, fitted + Math.round(kept * (normals.length - fitted)))
  const tested = shuffled([...held, ...anomalies.slice(0, Math.round(kept * anomalies.length))], uniform)
  const d = x.columns
  const rowsOf = (rows: readonly number[]) => {
    const values = new Float64Array(rows.length * d)
    for (const [i, row] of rows.entries()) values.set(x.values.subarray(row * d, (row + 1) * d), i * d)
    return values
  }
  const labels = Uint8Array.from(tested, (row) => y.values[row])
  return { d, reference: rowsOf(normals.slice(0, fitted)), test: rowsOf(tested), labels }
}
