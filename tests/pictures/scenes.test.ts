import { describe, expect, it } from 'vitest'
import { decodePicture } from '../../pictures/decode.js'
import { encodeJpeg } from '../../pictures/encode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import type { Raster } from '../../pictures/raster.js'
import { type SceneFaults, scene } from '../../pictures/scenes.js'

const mean = ({ rgb }: Raster): number => rgb.reduce((sum, value) => sum + value, 0) / rgb.length
/** Mean difference of two pictures, level by level. */
const difference = (one: Raster, other: Raster): number =>
  one.rgb.reduce((sum, value, at) => sum + Math.abs(value - other.rgb[at]), 0) / one.rgb.length
/** Mean difference of neighbours along rows: what is fine in a picture. */
const detail = ({ rgb }: Raster): number => rgb.subarray(3).reduce((sum, value, at) => sum + Math.abs(value - rgb[at]), 0) / rgb.length

describe('scenes of a conveyor belt', () => {
  it('are the same for the same seed and index, and no two others are', () => {
    const shown = [scene(1, 0), scene(1, 1), scene(1, 2), scene(2, 0)]
    expect(scene(1, 1)).toEqual(shown[1])
    for (const [at, one] of shown.entries()) for (const other of shown.slice(at + 1)) expect(difference(one, other)).toBeGreaterThan(3)
  })

  it('vary in light by some per cent only, neither too dark nor too bright to see', () => {
    const levels = Array.from({ length: 8 }, (_, index) => mean(scene(7, index)))
    expect(Math.max(...levels) / Math.min(...levels)).toBeLessThan(1.25)
    expect(levels.reduce((sum, level) => sum + level) / levels.length).toBeGreaterThan(60)
    expect(levels.reduce((sum, level) => sum + level) / levels.length).toBeLessThan(140)
  })

  it.each<[string, SceneFaults, (sound: Raster, faulty: Raster) => void]>([
    ['blur takes fine detail', { blur: 2 }, (sound, faulty) => expect(detail(faulty)).toBeLessThan(0.75 * detail(sound))],
    ['noise adds it', { noise: 20 }, (sound, faulty) => expect(detail(faulty)).toBeGreaterThan(2 * detail(sound))],
    ['darkness takes its share of the light', { darkness: 0.6 }, (sound, faulty) => expect(mean(faulty) / mean(sound)).toBeCloseTo(0.4, 1)],
    [
      'a foreign object changes only the place where it lies',
      { foreign: true },
      (sound, faulty) => {
        const changed = sound.rgb.filter((value, at) => value !== faulty.rgb[at]).length / sound.rgb.length
        expect(changed).toBeGreaterThan(0.01)
        expect(changed).toBeLessThan(0.1)
      },
    ],
  ])('%s', (_, faults, compare) => {
    for (const index of [0, 1]) compare(scene(3, index), scene(3, index, faults))
  })

  it('survive JPEG nearly unchanged', async () => {
    const sound = scene(1, 5)
    const bytes = await encodeJpeg(sound, 90)
    expect(bytes.length).toBeLessThan(40_000)
    const back = await decodePicture(bytes, defaultPictureLimits)
    if ('reason' in back) throw new Error(back.detail)
    expect(difference(sound, back)).toBeLessThan(4)
  })
})
