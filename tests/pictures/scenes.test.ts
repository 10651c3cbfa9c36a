import { describe, expect, it } from 'vitest'
import { decodePicture } from '../../pictures/decode.js'
import { encodeJpeg } from '../../pictures/encode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import type { Raster } from '../../pictures/raster.js'
import { type SceneFaults, scene } from '../../pictures/scenes.js'

const differences = (one: Raster, other: Raster): number[] => Array.from(one.rgb, (value, at) => Math.abs(value - other.rgb[at]))
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
/** Mean difference of neighbours along rows: what is fine in a picture. */
const detail = ({ rgb }: Raster): number => mean(Array.from(rgb.subarray(3), (value, at) => Math.abs(value - rgb[at])))

describe('scenes of a conveyor belt', () => {
  it('are the same for the same seed and index, and no two others are', () => {
    const shown = [scene(1, 0), scene(1, 1), scene(1, 2), scene(2, 0)]
    expect(scene(1, 1)).toEqual(shown[1])
    for (const [at, one] of shown.entries())
      for (const other of shown.slice(at + 1)) expect(mean(differences(one, other))).toBeGreaterThan(3)
  })

  it('vary in light by some per cent only, neither too dark nor too bright to see', () => {
    const levels = Array.from({ length: 12 }, (_, index) => mean(scene(7, index).rgb))
    expect(Math.max(...levels) / Math.min(...levels)).toBeLessThan(1.25)
    expect(mean(levels)).toBeGreaterThan(60)
    expect(mean(levels)).toBeLessThan(140)
  })

  it.each<[string, SceneFaults, (sound: Raster, faulty: Raster) => void]>([
    ['blur takes fine detail', { blur: 2 }, (sound, faulty) => expect(detail(faulty)).toBeLessThan(0.75 * detail(sound))],
    ['noise adds it', { noise: 20 }, (sound, faulty) => expect(detail(faulty)).toBeGreaterThan(2 * detail(sound))],
    [
      'darkness takes its share of the light',
      { darkness: 0.6 },
      (sound, faulty) => expect(mean(faulty.rgb) / mean(sound.rgb)).toBeCloseTo(0.4, 1),
    ],
    [
      'a foreign object changes only the place where it lies',
      { foreign: true },
      (sound, faulty) => {
        const changed = differences(sound, faulty).filter((value) => value > 0).length / sound.rgb.length
        expect(changed).toBeGreaterThan(0.01)
        expect(changed).toBeLessThan(0.1)
      },
    ],
  ])('%s', (_, faults, compare) => {
    for (const index of [0, 1, 2]) compare(scene(3, index), scene(3, index, faults))
  })

  it('survive JPEG nearly unchanged', async () => {
    const sound = scene(1, 5)
    const bytes = await encodeJpeg(sound, 90)
    expect(bytes.length).toBeLessThan(40_000)
    const back = await decodePicture(bytes, defaultPictureLimits)
    if ('reason' in back) throw new Error(back.detail)
    expect(mean(differences(sound, back))).toBeLessThan(4)
  })
})
