import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Raster } from '../../pictures/raster.js'
import { npyHeader } from '../npz.js'
import { type Features, type Judge, stacked } from './judge.js'

/** Pictures made when they are wanted: corrupted ones take as long to make as to embed. */
export interface Series {
  readonly name: string
  readonly count: number
  picture(index: number): Promise<Raster>
}

/** Features of a series: made, or found where an earlier run has left them. */
export type FeaturesOf = (series: Series) => Promise<Features>

/** Pictures held at once. */
const BATCH = 25

/** Makes and embeds a series; nothing is kept. */
export const embedded =
  <Fitted>(judge: Judge<Fitted>): FeaturesOf =>
  async ({ count, picture }) => {
    const parts: Features[] = []
    for (let from = 0; from < count; from += BATCH) {
      const indices = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => from + i)
      parts.push(await judge.embed(await Promise.all(indices.map(picture))))
    }
    return stacked(parts)
  }

/**
 * The same with files in a folder, one npy file a series. Its name holds the judge's key and a hash of the first and last picture, so that
 * another backbone, another pre-processing or another corruption never finds a file that is not its own.
 */
export function stored<Fitted>(judge: Judge<Fitted>, folder: string): FeaturesOf {
  const make = embedded(judge)
  return async (series) => {
    const hash = createHash('sha256')
    for (const end of [0, series.count - 1]) hash.update((await series.picture(end)).rgb)
    const path = join(folder, judge.key, `${series.name}-${series.count}-${hash.digest('hex').slice(0, 16)}.npy`)
    const found = await readFile(path).catch(() => undefined)
    if (found !== undefined) return featuresIn(found, series.count)
    const features = await make(series)
    await mkdir(join(folder, judge.key), { recursive: true })
    // A run that is ended while it writes leaves no half file under the name.
    await writeFile(`${path}.part`, Buffer.concat([npyHeader('<f4', features.rows, features.d), Buffer.from(features.values.buffer)]))
    await rename(`${path}.part`, path)
    return features
  }
}

/** Reads what `stored` has written. */
function featuresIn(file: Buffer, rows: number): Features {
  const start = 10 + file.readUInt16LE(8)
  const values = new Float32Array(new Uint8Array(file.subarray(start)).buffer)
  return { rows, d: values.length / rows, values }
}
