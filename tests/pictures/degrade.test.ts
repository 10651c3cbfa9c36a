import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { uniforms } from '../../detectors/random.js'
import { type Complex, filterRadially } from '../../pictures/degradations/fourier.js'
import { degradations } from '../../pictures/degrade.js'
import type { Raster } from '../../pictures/raster.js'
import { plain, rasterOf } from '../kit/pictures.js'

const wavy = rasterOf(50, 37, (x, y) => [128 + 90 * Math.sin(x / 3), 128 + 90 * Math.cos(y / 5), (x * 5) % 256])
const mean = ({ rgb }: Raster): number => rgb.reduce((sum, value) => sum + value, 0) / rgb.length
const rootMeanSquare = (one: Raster, other: Raster): number =>
  Math.sqrt(one.rgb.reduce((sum, value, at) => sum + (value - other.rgb[at]) ** 2, 0) / one.rgb.length)

describe.each(degradations)('the degradation $name', ({ apply }) => {
  it('gives a picture of the same size, the same one for the same seed, and leaves the original alone', () => {
    const sides = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(sides, sides, fc.integer(), (width, height, seed) => {
        const raster = rasterOf(width, height, (x, y) => [(x * 31) % 256, (y * 17) % 256, (x * y) % 256])
        const before = raster.rgb.slice()
        const made = apply(raster, uniforms(seed))
        expect(made).toMatchObject({ width, height })
        expect(made.rgb).toHaveLength(raster.rgb.length)
        expect(apply(raster, uniforms(seed))).toEqual(made)
        expect(raster.rgb).toEqual(before)
      }),
      { numRuns: 40 },
    )
  })

  it('changes a picture by some grey levels and seldom beyond recognition', () => {
    const changes = Array.from({ length: 40 }, (_, seed) => rootMeanSquare(apply(wavy, uniforms(seed)), wavy)).sort((a, b) => a - b)
    expect(changes[4]).toBeGreaterThan(0.3)
    expect(changes[20]).toBeGreaterThan(1)
    expect(changes[35]).toBeLessThan(90)
  })
})

describe('what only some degradations touch', () => {
  const byName = (name: string) => degradations.find((each) => each.name === name)!
  const seeds = Array.from({ length: 20 }, (_, seed) => seed)

  it.each(['radial_gain', 'random_kernel', 'rescaling'])('%s leaves a plain picture as it is', (name) => {
    for (const seed of seeds) expect(byName(name).apply(plain(20, 20, 77), uniforms(seed))).toEqual(plain(20, 20, 77))
  })

  it('a tone curve keeps the order of levels', () => {
    const ramp = rasterOf(256, 1, (x) => [x, x, x])
    for (const seed of seeds) {
      const { rgb } = byName('tone_curve').apply(ramp, uniforms(seed))
      expect(rgb.every((value, at) => at < 3 || value >= rgb[at - 3])).toBe(true)
    }
  })

  it('noise keeps the mean, and its spread is drawn between 0.01 and 0.25 of half the range', () => {
    const grey = plain(120, 120, 128)
    const spreads = seeds.map((seed) => {
      const made = byName('laplace_noise').apply(grey, uniforms(seed))
      expect(Math.abs(mean(made) - 128)).toBeLessThan(2)
      return rootMeanSquare(made, grey) / 127.5
    })
    expect(Math.min(...spreads)).toBeGreaterThan(0.009)
    expect(Math.max(...spreads)).toBeLessThan(0.26)
    expect(Math.max(...spreads) / Math.min(...spreads)).toBeGreaterThan(5)
  })

  it('coarse levels are 6 to 40 a channel, or blocks without small detail', () => {
    const ramp = rasterOf(256, 4, (x) => [x, x, x])
    const counts = seeds.map((seed) => new Set(byName('coarse_levels').apply(ramp, uniforms(seed)).rgb).size)
    expect(counts.filter((count) => count >= 6 && count <= 40).length).toBeGreaterThan(4)
    expect(counts.filter((count) => count > 40).length).toBeGreaterThan(4)
  })
})

describe('the radial filter', () => {
  /** By the definition of the discrete Fourier transform, slowly. */
  function slowly({ real, height, width }: Complex, gain: (frequency: number) => number): Float64Array {
    const made = new Float64Array(real.length)
    for (let v = 0; v < height; v++)
      for (let u = 0; u < width; u++) {
        const turn = (y: number, x: number) => 2 * Math.PI * ((v * y) / height + (u * x) / width)
        let [re, im] = [0, 0]
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            re += real[y * width + x] * Math.cos(turn(y, x))
            im -= real[y * width + x] * Math.sin(turn(y, x))
          }
        const factor = gain(Math.hypot(Math.min(v, height - v) / height, Math.min(u, width - u) / width)) / real.length
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) made[y * width + x] += factor * (re * Math.cos(turn(y, x)) - im * Math.sin(turn(y, x)))
      }
    return made
  }

  const image = (): Complex => ({
    real: Float64Array.from({ length: 128 }, (_, i) => Math.sin(i * i)),
    imaginary: Float64Array.from({ length: 128 }, (_, i) => Math.cos(3 * i)),
    height: 8,
    width: 16,
  })
  const gain = (frequency: number) => Math.exp(-3 * frequency) + frequency

  it('agrees with the transform by its definition, for each part on its own', () => {
    const made = filterRadially(image(), gain)
    const { imaginary, ...rest } = image()
    const wanted = [slowly(image(), gain), slowly({ ...rest, imaginary, real: imaginary }, gain)]
    for (const [part, values] of [made.real, made.imaginary].entries())
      values.forEach((value, at) => {
        expect(value).toBeCloseTo(wanted[part][at], 12)
      })
  })

  it('gives back the image for a gain of one', () => {
    const made = filterRadially(image(), () => 1)
    made.real.forEach((value, at) => {
      expect(value).toBeCloseTo(image().real[at], 14)
    })
  })
})
