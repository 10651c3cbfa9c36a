import { describe, expect, it } from 'vitest'
import { corrupt, families } from '../../../bench/images/corruptions/corruptions.js'
import { type Family, scales, severities } from '../../../bench/images/corruptions/family.js'
import type { Raster } from '../../../pictures/raster.js'
import { scene } from './scenes.js'

const SCENES = [1, 2, 3, 4].map((seed) => scene(seed))

const difference = (one: Raster, other: { readonly rgb: ArrayLike<number> }): number =>
  one.rgb.reduce((sum, value, i) => sum + Math.abs(value - other.rgb[i]), 0) / one.rgb.length

const named = (name: string): Family => {
  const found = families.find((family) => family.name === name)
  if (found === undefined) throw new Error(`no family ${name}`)
  return found
}

const pixel = (...rgb: number[]) => ({ rgb })
const flat = (value: number): Raster => ({ width: 64, height: 64, rgb: new Uint8Array(3 * 64 * 64).fill(value) })
const deviation = ({ rgb }: Raster): number => {
  const mean = rgb.reduce((sum, value) => sum + value, 0) / rgb.length
  return Math.sqrt(rgb.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rgb.length)
}

describe('corruptions of pictures', () => {
  it('are fifteen families of different names', () => {
    expect(new Set(families.map(({ name }) => name)).size).toBe(15)
  })

  describe.each(families.map((family) => [family.name, family] as const))('%s', (_, family) => {
    it.each(scales)('moves pixels further with every severity, at the strengths for %s', async (scale) => {
      const means: number[] = []
      for (const severity of severities) {
        const moved = await Promise.all(
          SCENES.map(async (picture, seed) => difference(picture, await corrupt(picture, family, scale, severity, seed))),
        )
        means.push(moved.reduce((sum, value) => sum + value, 0))
      }
      expect(means[0]).toBeGreaterThan(0)
      // Boxes of nearly a pixel (pixelate to .95 and .9) fall differently on a small picture: 2 % may go the other way.
      for (const [i, mean] of means.slice(1).entries()) expect(mean).toBeGreaterThan(0.98 * means[i])
      expect(means[4]).toBeGreaterThan(1.2 * means[0])
    })

    it('keeps the size, leaves the picture alone and gives the same for the same seed', async () => {
      const picture = scene(7, 33, 21)
      const before = picture.rgb.slice()
      const [once, again] = [await corrupt(picture, family, 'photo', 3, 5), await corrupt(picture, family, 'photo', 3, 5)]
      expect([once.width, once.height, once.rgb.length]).toEqual([33, 21, 3 * 33 * 21])
      expect(again).toEqual(once)
      expect(picture.rgb).toEqual(before)
    })
  })

  it.each(['gaussian-noise', 'shot-noise', 'impulse-noise', 'motion-blur', 'fog', 'elastic'])(
    '%s differs from seed to seed',
    async (name) => {
      const [one, other] = [await corrupt(scene(1), named(name), 'photo', 3, 1), await corrupt(scene(1), named(name), 'photo', 3, 2)]
      expect(difference(one, other)).toBeGreaterThan(0.1)
    },
  )

  it('gaussian noise has the published standard deviation, shot noise that of its photons', async () => {
    const grey = flat(128)
    expect(deviation(await corrupt(grey, named('gaussian-noise'), 'photo', 1, 1))).toBeCloseTo(0.08 * 255, 0)
    // Half of 60 photons: sqrt(30) of 60.
    expect(deviation(await corrupt(grey, named('shot-noise'), 'photo', 1, 1))).toBeCloseTo((Math.sqrt((128 / 255) * 60) / 60) * 255, 0)
    // Above 64 expected photons the normal distribution stands for Poisson's.
    expect(deviation(await corrupt(grey, named('shot-noise'), 'mild', 2, 1))).toBeCloseTo((Math.sqrt((128 / 255) * 400) / 400) * 255, 0)
  })

  it('impulse noise sets the published part of the values to black or white', async () => {
    const { rgb } = await corrupt(flat(128), named('impulse-noise'), 'photo', 5, 1)
    expect(rgb.filter((value) => value !== 128).length / rgb.length).toBeCloseTo(0.27, 1)
    expect(rgb.filter((value) => value === 0).length / rgb.filter((value) => value === 255).length).toBeCloseTo(1, 0)
  })

  it.each(['defocus-blur', 'motion-blur', 'gaussian-blur', 'elastic', 'pixelate', 'contrast', 'saturated', 'faded'])(
    '%s leaves an even grey picture as it is',
    async (name) => {
      const moved = difference(flat(100), await corrupt(flat(100), named(name), 'photo', 5, 1))
      expect(moved).toBeLessThan(1)
    },
  )

  it('gaussian blur spreads a bright pixel by its standard deviation', async () => {
    const point: Raster = { width: 31, height: 31, rgb: new Uint8Array(3 * 31 * 31) }
    point.rgb.fill(255, 3 * (15 * 31 + 15), 3 * (15 * 31 + 15) + 3)
    const { rgb } = await corrupt(point, named('gaussian-blur'), 'photo', 1, 1)
    const at = (x: number) => rgb[3 * (15 * 31 + x)]
    expect(at(15)).toBeCloseTo(255 / (2 * Math.PI), -0.5)
    expect(at(16) / at(15)).toBeCloseTo(Math.exp(-0.5), 1)
  })

  it('bright and dark move the value of HSV and keep the hue', async () => {
    const orange: Raster = { width: 1, height: 1, rgb: Uint8Array.of(200, 100, 50) }
    expect(difference(await corrupt(orange, named('bright'), 'photo', 2, 1), pixel(251, 125.5, 62.75))).toBeLessThan(0.5)
    expect(difference(await corrupt(orange, named('dark'), 'photo', 2, 1), pixel(149, 74.5, 37.25))).toBeLessThan(0.5)
  })

  it('faded ends in grey, saturated at the largest colour of the hue', async () => {
    const orange: Raster = { width: 1, height: 1, rgb: Uint8Array.of(200, 100, 50) }
    expect([...(await corrupt(orange, named('faded'), 'photo', 5, 1)).rgb]).toEqual([200, 200, 200])
    expect([...(await corrupt(orange, named('saturated'), 'photo', 5, 1)).rgb]).toEqual([200, 67, 0])
  })

  it('pixelate leaves blocks of one colour', async () => {
    const { rgb, width } = await corrupt(scene(1, 40, 40), named('pixelate'), 'photo', 5, 1)
    for (let y = 0; y < 40; y++)
      for (let x = 0; x < 40; x++) expect(rgb[3 * (y * width + x)]).toBe(rgb[3 * ((y - (y % 4)) * width + x - (x % 4))])
  })
})
