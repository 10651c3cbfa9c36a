import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeJpeg } from '../../pictures/encode.js'
import { type Fingerprint, fingerprintOf, tracesOf } from '../../pictures/fingerprint.js'
import { otherPath } from '../../pictures/same-path.js'
import { pictureFile, rasterOf } from '../kit/pictures.js'

const raster = rasterOf(24, 16, (x, y) => [10 * x, 12 * y, x * y])
const noise = Uint8Array.from({ length: 64 }, (_, i) => 37 * i)

describe('what a file says of its way', () => {
  it.each([1, 20, 49, 50, 75, 88, 95, 100])('is the quality of its JPEG (%i)', async (quality) => {
    expect((await tracesOf(await encodeJpeg(raster, quality)))?.jpeg).toEqual({ quality, sampling: '4:2:0' })
  })

  // Side, quality and sampling by training.discopatch.fingerprint in Python.
  it.each([
    ['orientation-6.jpg', 22, 90, '4:2:0'],
    ['progressive.jpg', 22, 75, '4:2:0'],
    ['no-subsampling.jpg', 22, 95, '4:4:4'],
    ['grey.jpg', 22, 75, 'other'],
    ['cmyk.jpg', 22, 90, 'other'],
  ])('is the same as in training.discopatch (%s)', async (name, side, quality, sampling) => {
    expect(await tracesOf(pictureFile(name))).toEqual({ format: 'JPEG', side, jpeg: { quality, sampling } })
  })

  it('of a PNG or WebP is its format and size alone, of another file nothing', async () => {
    expect(await tracesOf(pictureFile('palette.png'))).toEqual({ format: 'PNG', side: expect.any(Number) })
    expect(await tracesOf(pictureFile('lossy.webp'))).toEqual({ format: 'WEBP', side: expect.any(Number) })
    expect(await tracesOf(noise)).toBeUndefined()
  })

  it('is read of damaged JPEGs too, or not at all; it never throws', async () => {
    const file = await encodeJpeg(raster, 80)
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length), fc.nat(file.length - 1), fc.nat(255), async (length, at, byte) => {
        const damaged = Uint8Array.from(file)
        damaged[at] = byte
        await tracesOf(damaged.subarray(0, length))
      }),
      { numRuns: 200 },
    )
  })
})

describe('fingerprints of pictures', () => {
  const file = (quality: number, side = 240, sampling = '4:2:0') => ({ format: 'JPEG', side, jpeg: { quality, sampling } })
  const trained = fingerprintOf(
    [85, 88, 90, 90, 92].map((quality) => file(quality)),
    224,
  )
  const pathOf = (...files: Parameters<typeof fingerprintOf>[0]): string[] => otherPath(fingerprintOf(files, 224), trained)

  it('count formats and sampling, and have the quantiles of the others', () => {
    const png = { format: 'PNG', side: 448 }
    expect(fingerprintOf([file(80), file(90), png], 224)).toMatchObject({
      pictures: 3,
      formats: { JPEG: 2, PNG: 1 },
      chromaSampling: { '4:2:0': 2 },
      jpegQuality: { min: 80, p10: 81, p50: 85, max: 90 },
      resizeFactor: { min: 0.5, p50: 224 / 240 },
    })
    expect(fingerprintOf([png], 224).jpegQuality).toBeNull()
  })

  it('are of one path where they differ by no more than pictures of one source do', () => {
    expect(pathOf(file(88), file(91), file(84, 300), file(88, 200, '4:4:4'), file(90))).toEqual([])
    expect(otherPath(trained, trained)).toEqual([])
  })

  it('say each way in which the path is another one', () => {
    expect(pathOf(file(60), file(62))).toEqual(['half of their JPEGs have a quality of 61 or less, those of the training 86.2 to 91.2'])
    expect(pathOf(file(90, 1080))).toEqual(['half of them are resized by 0.207 or less, those of the training by 0.933'])
    expect(pathOf(file(90, 100))).toEqual(['half of them are resized by 2.24 or less, those of the training by 0.933'])
    expect(pathOf(file(90, 240, '4:4:4'))).toEqual(["the chroma of their JPEGs is 100 % 4:4:4, of the training's 100 % 4:2:0"])
    expect(pathOf({ format: 'PNG', side: 240 }, file(90))).toEqual(['they are 50 % PNG, 50 % JPEG, the network was trained on 100 % JPEG'])
  })

  it('of pictures without JPEGs are compared by what they have', () => {
    const png: Fingerprint = fingerprintOf([{ format: 'PNG', side: 240 }], 224)
    expect(otherPath(png, png)).toEqual([])
  })
})
