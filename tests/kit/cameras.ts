import { encodeJpeg } from '../../pictures/encode.js'
import { resize } from '../../pictures/resize.js'
import { type SceneFaults, scene } from '../../pictures/scenes.js'

const start = Date.UTC(2026, 4, 1)
const SIX_MINUTES = 360_000

/** A picture that a camera of a conveyor belt sends. */
export interface Shot {
  /** Number of the camera, which is that of its partition too. */
  readonly camera: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** 96 x 96 pixels. */
  readonly jpeg: Buffer
}

export type FaultsOf = (camera: number, index: number) => SceneFaults

export async function jpegOf(seed: number, index: number, faults?: SceneFaults): Promise<Buffer> {
  const size = { width: 96, height: 96 }
  return encodeJpeg({ ...size, rgb: resize(scene(seed, index, faults), size, 'bilinear') }, 90)
}

/** Pictures of two cameras in turn, `count` of each, one every six minutes. */
export const shots = (count: number, seed: number, faultsOf: FaultsOf = () => ({})): Promise<Shot[]> =>
  Promise.all(
    Array.from({ length: 2 * count }, async (_, i) => {
      const [camera, index] = [i % 2, i >> 1]
      return { camera, time: start + index * SIX_MINUTES, jpeg: await jpegOf(seed, i, faultsOf(camera, index)) }
    }),
  )
