import { uniforms } from '../../../detectors/random.js'
import { shuffled } from '../../shuffled.js'
import type { Scale } from '../corruptions/family.js'
import type { Trial } from '../paired.js'
import { readCifar10 } from './cifar10.js'
import { readPhotos } from './pictures.js'
import { readTiles, splitTiles } from './tiles.js'

/** Clean pictures for the paired protocol, and how strong corruptions of them are. */
export interface PairedSet {
  readonly scale: Scale
  trials(data: string): Promise<Trial[]>
}

export const setNames = ['photos', 'cifar10', 'tiles'] as const
export type SetName = (typeof setNames)[number]

const SEED = 1
const PHOTO_TESTS = 75
const TILE_TESTS = 60
const CIFAR_TESTS = 100
const CIFAR_REFERENCE = 1000

/** The sets of the paired protocol. */
export const pairedSets: Readonly<Record<SetName, PairedSet>> = {
  /** Two parts of 75, each against all others. */
  photos: {
    scale: 'photo',
    trials: async (data) => {
      const photos = shuffled(
        (await readPhotos(data)).map(({ raster }) => raster),
        uniforms(SEED),
      )
      return [0, 1].map((part) => {
        const [from, to] = [PHOTO_TESTS * part, PHOTO_TESTS * (part + 1)]
        const reference = [...photos.slice(0, from), ...photos.slice(to)]
        return { name: `photos${part + 1}`, test: photos.slice(from, to), reference }
      })
    },
  },
  cifar10: {
    scale: 'tiny',
    trials: async (data) => {
      const [train, test] = await Promise.all([readCifar10(data, 'train'), readCifar10(data, 'test')])
      const reference = shuffled(train, uniforms(SEED)).slice(0, CIFAR_REFERENCE)
      const tested = shuffled(test, uniforms(SEED)).slice(0, CIFAR_TESTS)
      const rasters = (pictures: typeof test) => pictures.map(({ raster }) => raster)
      return [{ name: 'cifar10', test: rasters(tested), reference: rasters(reference) }]
    },
  },
  tiles: {
    scale: 'mild',
    trials: async (data) => {
      const { reference, free } = splitTiles(await readTiles(data), SEED)
      const test = shuffled(free, uniforms(SEED)).slice(0, TILE_TESTS)
      return [
        {
          name: 'tiles',
          test: test.map(({ raster }) => raster),
          reference: reference.map(({ raster }) => raster),
          groups: reference.map(({ group }) => group),
        },
      ]
    },
  },
}
