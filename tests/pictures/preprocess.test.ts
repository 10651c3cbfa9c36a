import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePicture } from '../../pictures/decode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import { type PreprocessSpec, preprocess, preprocessSchema } from '../../pictures/preprocess.js'
import { kernels } from '../../pictures/resize.js'
import { golden, pictureFile, plain, rasterOf } from '../kit/pictures.js'

describe('preprocess', () => {
  for (const { picture, spec, rgb } of golden.preprocessed) {
    const { size, fit, kernel } = spec
    it(`gives Pillow's bytes: ${picture} to ${size.join(' x ')}, ${fit.type}, ${kernel}`, async () => {
      const raster = await decodePicture(pictureFile(picture), defaultPictureLimits)
      if ('reason' in raster) throw new Error(raster.detail)
      expect(preprocess(raster, spec)).toEqual(rgb)
    })
  }

  const specs: fc.Arbitrary<PreprocessSpec> = fc
    .record({ height: fc.integer({ min: 1, max: 40 }), width: fc.integer({ min: 1, max: 40 }), more: fc.nat(20) })
    .chain(({ height, width, more }) =>
      fc.record({
        size: fc.constant<[number, number]>([height, width]),
        fit: fc.constantFrom<PreprocessSpec['fit']>(
          { type: 'stretch' },
          { type: 'crop' },
          { type: 'cover', short: Math.max(height, width) + more },
        ),
        kernel: fc.constantFrom(...kernels),
      }),
    )

  it('keeps a plain picture plain, all black and all white too, at any size', () => {
    const sides = fc.integer({ min: 1, max: 60 })
    fc.assert(
      fc.property(sides, sides, fc.constantFrom(0, 1, 128, 254, 255), specs, (width, height, level, spec) => {
        const made = preprocess(plain(width, height, level), spec)
        expect(made).toHaveLength(spec.size[0] * spec.size[1] * 3)
        expect(made.every((value) => value === level)).toBe(true)
      }),
    )
  })

  it('leaves a picture of the right size as it is', () => {
    const raster = rasterOf(12, 9, (x, y) => [x * 20, y * 28, (x * y * 37) % 256])
    for (const kernel of kernels)
      for (const type of ['stretch', 'crop'] as const)
        expect(preprocess(raster, { size: [9, 12], fit: { type }, kernel })).toEqual(raster.rgb)
  })

  it('costs what the crop costs, however long and thin the picture is', () => {
    const thin = { width: 1_000_000, height: 8, rgb: new Uint8Array(24_000_000).fill(200) }
    // Resized as a whole it would have 32 million columns.
    for (const kernel of kernels) {
      const made = preprocess(thin, { size: [64, 64], fit: { type: 'cover', short: 256 }, kernel })
      expect(made.every((value) => value === 200)).toBe(true)
    }
  })

  it('cuts the middle out at native resolution, not one pixel changed', () => {
    const raster = rasterOf(30, 20, (x, y) => [x, y, 0])
    const middle = preprocess(raster, { size: [4, 6], fit: { type: 'crop' }, kernel: 'bilinear' })
    expect([middle[0], middle[1]]).toEqual([12, 8])
    expect([middle.at(-3), middle.at(-2)]).toEqual([17, 11])
  })

  it('refuses a cover whose short side is less than the crop, and unknown fields', () => {
    const cover = (short: number) => preprocessSchema.safeParse({ size: [224, 224], fit: { type: 'cover', short } })
    expect(cover(256).success).toBe(true)
    expect(cover(200).error?.issues[0]).toMatchObject({ path: ['fit', 'short'], message: expect.stringContaining('smaller') })
    expect(preprocessSchema.safeParse({ size: [224, 224], mean: [0, 0, 0] }).success).toBe(false)
    expect(preprocessSchema.parse({ size: [224, 224] })).toEqual({ size: [224, 224], fit: { type: 'stretch' }, kernel: 'bilinear' })
  })
})
