import type { Origin } from '../connectors/source.js'
import { drawnMaps } from '../pipelines/drawn-maps.js'
import { learnBank } from '../references/bank-places.js'
import type { BankPlaces } from '../references/places.js'
import type { PictureInput } from './fit-input.js'
import { progress } from './terminal.js'

/** Pictures of a fit, and the bank of patches that they are compared with, where they are. */
export interface LearntPictures extends PictureInput {
  readonly bank?: BankPlaces
  /** By record the number of the bank to which its block is new. */
  bankOf?(origin: Origin): number
}

/** As many as the calibration has folds, where there are rows enough. */
const BLOCKS = 10
/** Half of them for each of the two banks. */
const DRAWN = 200

/**
 * Reads the pictures once, learns two banks of them, and starts the backbone again with them. The rows of the fit are compared with the one that holds
 * no pictures of their time; all else, from the golden pictures on, with the first, which the reference keeps.
 */
export async function withBank(input: PictureInput): Promise<LearntPictures> {
  const { pictures, again, open } = input
  const bar = progress('patches', undefined)
  const { maps, blockOf } = await drawnMaps({
    sources: again(),
    pictures,
    most: DRAWN,
    blocks: BLOCKS,
    onPicture: (done) => bar.update(done, 'pictures'),
  })
  bar.end()
  if (maps.length === 0) return input
  const { places, without } = learnBank(maps, BLOCKS)
  await pictures.close()
  return { ...input, pictures: await open([places, ...without]), bank: places, bankOf: (origin) => 1 + blockOf(origin) }
}
