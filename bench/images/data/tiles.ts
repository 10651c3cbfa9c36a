import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { uniforms } from '../../../detectors/random.js'
import { shuffled } from '../../shuffled.js'
import { jpgFiles, type Picture, readPictures } from './pictures.js'

/** A magnetic tile: free of defects, or with one of five kinds. */
export interface Tile extends Picture {
  readonly kind: string
  /** Near-duplicates of one tile share it. */
  readonly group: number
}

export const FREE = 'free'

/** Magnetic tile defects (github.com/abin24/Magnetic-tile-defect-datasets.) with `groups.csv`: file, group. */
export async function readTiles(data: string): Promise<Tile[]> {
  const folder = join(data, 'magnetic_tile')
  const files = await jpgFiles(folder, 'one folder of jpg files for each kind of defect and one named free')
  const path = join(folder, 'groups.csv')
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`there is no file ${path}; expected lines "file,group" that name near-duplicates of one tile`)
  })
  const groups = new Map(
    text
      .split('\n')
      .slice(1)
      .map((line) => [line.split(',')[0], Number(line.split(',')[1])] as const),
  )
  return (await readPictures(folder, files)).map((picture) => {
    const group = groups.get(picture.name)
    if (group === undefined) throw new Error(`${path}: no line for ${picture.name}`)
    return { ...picture, kind: picture.name.split('/')[0], group }
  })
}

const REFERENCE_SHARE = 0.7

/** Free tiles to fit on and the others to test, those of a group on one side; every defective tile whose group is not in the reference. */
export interface TileSplit {
  readonly reference: readonly Tile[]
  readonly free: readonly Tile[]
  readonly defective: readonly Tile[]
}

/** 70 % of the groups, in an order of chance. A defective tile whose sound twin has been learnt from is left out. */
export function splitTiles(tiles: readonly Tile[], seed: number): TileSplit {
  const groups = shuffled([...new Set(tiles.map(({ group }) => group))], uniforms(seed))
  const learnt = new Set(groups.slice(0, Math.round(REFERENCE_SHARE * groups.length)))
  const held = tiles.filter(({ group }) => !learnt.has(group))
  return {
    reference: tiles.filter(({ group, kind }) => kind === FREE && learnt.has(group)),
    free: held.filter(({ kind }) => kind === FREE),
    defective: held.filter(({ kind }) => kind !== FREE),
  }
}
