import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { correlatedRows } from '../../tests/detectors/samples.js'
import { npyHeader } from '../npz.js'

/** What a fit of so many rows took. */
export interface FitCost {
  readonly rows: number
  readonly seconds: number
  /** Largest resident memory of the process, in bytes. */
  readonly rss: number
}

/** Distinct rows of the file; further rows repeat them. */
const DISTINCT_ROWS = 2 ** 16

/** Runs `driftwatch fit` on an npy file of so many float32 rows, in a process of its own. */
export async function fitCost(rows: number, d: number, folder: string): Promise<FitCost> {
  const path = join(folder, `${rows}.npy`)
  await writeRows(path, rows, d)
  const start = performance.now()
  const child = fork(fileURLToPath(new URL('fit-process.js', import.meta.url)), ['fit', path, '--out', join(folder, 'reference')], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const rss = await rssOf(child)
  const seconds = (performance.now() - start) / 1000
  await rm(path)
  return { rows, seconds, rss }
}

async function rssOf(child: ChildProcess): Promise<number> {
  let said = ''
  let rss = Number.NaN
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-2000)
  })
  child.on('message', (message) => {
    rss = Number(message)
  })
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`driftwatch fit ended with ${code ?? signal}; the end of what it said:\n${said}`)
  return rss
}

async function writeRows(path: string, rows: number, d: number): Promise<void> {
  const bytes = Buffer.from(Float32Array.from(correlatedRows(1, DISTINCT_ROWS, d)).buffer)
  const file: FileHandle = await open(path, 'w')
  try {
    await file.write(npyHeader('<f4', rows, d))
    for (let left = rows; left > 0; left -= DISTINCT_ROWS) await file.write(bytes.subarray(0, Math.min(left, DISTINCT_ROWS) * d * 4))
  } finally {
    await file.close()
  }
}
