import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseModel } from '../../backbones/model/model-file.js'
import { type PrepareOptions, prepare } from '../../backbones/model/prepare.js'
import { uniforms } from '../../detectors/random.js'
import { encodePng } from '../../pictures/encode.js'
import { bytesOf, convNet } from '../backbones/model/nets.js'
import { rasterOf } from './pictures.js'

const SIDE = 48

/** A prepared backbone of 38 features: two convolutions with weights at random, for pictures of 48 x 48. `map`: one of `early` and `late`. */
/** @param trained what its channels are said to have been in training */
export async function writeTinyBackbone(path: string, map?: string, trained?: PrepareOptions['trained']): Promise<void> {
  const { bytes } = await prepare(parseModel(bytesOf(convNet()), 'tiny.onnx'), {
    taps: ['early', 'late'],
    size: [SIDE, SIDE],
    map,
    trained,
    preprocessing: { scale: 1 / 128, mean: [1, 1, 1], std: [1, 1, 1] },
  })
  writeFileSync(path, bytes)
}

/** Where the fault of a `tile` begins, and how long its side is, in pixels. */
export const FAULT = { x: 32, y: 8, side: 8 } as const

/** A grey tile with grain, as PNG; with a fault a red square lies on it. */
export function tile(seed: number, fault = false): Promise<Buffer> {
  const random = uniforms(seed)
  const [level, slope] = [100 + 40 * random(), random() - 0.5]
  const inside = (at: number, from: number) => at >= from && at < from + FAULT.side
  return encodePng(
    rasterOf(SIDE, SIDE, (x, y) => {
      if (fault && inside(x, FAULT.x) && inside(y, FAULT.y)) return [230, 30, 20]
      const grey = level + slope * (x - SIDE / 2) + 24 * (random() - 0.5)
      return [grey, grey + 4 * random(), grey]
    }),
  )
}

/** Sound tiles as files of a folder. */
export async function writeTiles(folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `${String(i).padStart(4, '0')}.png`), await tile(i + 1))
}
