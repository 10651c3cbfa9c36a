import { metric } from '../figures.js'
import { readTiles, splitTiles, type Tile } from './data/tiles.js'
import type { ImageEvaluation } from './evaluation.js'
import { rowsOf } from './judge.js'
import { meanAuroc, type OneClassFigures, oneClass, oneClassTable } from './one-class.js'

const SPLITS = 5

/** Defects of tiles: five grouped splits. The report ends with lines `metric NAME VALUE`. */
export async function magneticTileEvaluation<Fitted>({ data, judge, featuresOf, done }: ImageEvaluation<Fitted>): Promise<string> {
  const tiles = await readTiles(data)
  const features = await featuresOf({ name: 'magnetic-tile', count: tiles.length, picture: async (i) => tiles[i].raster })
  done('embedding')
  const row = new Map(tiles.map((tile, i) => [tile.name, i] as const))
  const of = (some: readonly Tile[]) =>
    rowsOf(
      features,
      some.map(({ name }) => row.get(name) ?? Number.NaN),
    )
  const trials: ReadonlyMap<string, OneClassFigures>[] = []
  for (let seed = 1; seed <= SPLITS; seed++) {
    const { reference, free, defective } = splitTiles(tiles, seed)
    const learnt = { pictures: reference.map(({ raster }) => raster), features: of(reference), groups: reference.map(({ group }) => group) }
    trials.push(await oneClass(judge, learnt, of(free), of(defective)))
    done(`split ${seed}`)
  }
  const detectors = [...trials[0].keys()].filter((detector) => detector !== 'all')
  return [
    oneClassTable(trials),
    '',
    ...detectors.map((detector) => metric(`magnetic_tile_auroc_${detector}`, meanAuroc(trials, detector))),
    metric('magnetic_tile_auroc', meanAuroc(trials, 'all')),
  ].join('\n')
}
