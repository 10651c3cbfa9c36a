import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Matrix, readNpz } from '../npz.js'

/** A fault begins after so many rows of its test run. */
export const ONSET = 160

/** Runs of the Tennessee Eastman process, a row of 52 numbers every three minutes. */
export interface TepRuns {
  /** Without a fault: the one to fit on, and another. */
  readonly normal: Matrix
  readonly normalTest: Matrix
  /** `d01` to `d10`. */
  readonly faults: readonly { readonly name: string; readonly run: Matrix }[]
}

export async function readTep(data: string): Promise<TepRuns> {
  const path = join(data, 'tep', 'tep.npz')
  const arrays = readNpz(
    await readFile(path).catch(() => {
      throw new Error(`there is no file ${path}; expected the Tennessee Eastman runs as arrays d00, d00_te, d01_te … d10_te`)
    }),
  )
  const run = (name: string): Matrix => {
    const found = arrays.get(name)
    if (found === undefined) throw new Error(`${path} holds no array ${name}`)
    return found
  }
  const names = Array.from({ length: 10 }, (_, i) => `d${String(i + 1).padStart(2, '0')}`)
  return { normal: run('d00'), normalTest: run('d00_te'), faults: names.map((name) => ({ name, run: run(`${name}_te`) })) }
}
