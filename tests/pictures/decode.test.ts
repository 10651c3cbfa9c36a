import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodePicture } from '../../pictures/decode.js'
import { defaultPictureLimits, type PictureLimits, pictureReasons } from '../../pictures/fault.js'
import type { Raster } from '../../pictures/raster.js'
import { golden, pictureFile, plain, withSize } from '../kit/pictures.js'

const decode = (bytes: Uint8Array, limits: Partial<PictureLimits> = {}) => decodePicture(bytes, { ...defaultPictureLimits, ...limits })
const names = Object.keys(golden.decoded)

/** Each format's bytes of the same picture, written by another encoder than the fixtures'. */
const encode = ({ width, height, rgb }: Raster, format: 'jpeg' | 'png' | 'webp') =>
  sharp(rgb, { raw: { width, height, channels: 3 } })
    .toFormat(format, { quality: 100, lossless: true })
    .toBuffer()

describe('decoding a picture', () => {
  for (const name of names)
    it(`reads ${name} as Pillow does`, async () => {
      const { width, height, rgb } = golden.decoded[name]
      expect(await decode(pictureFile(name))).toEqual({ width, height, rgb })
    })

  it('reads all black and all white in every format', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const)
      for (const level of [0, 255]) expect(await decode(await encode(plain(20, 10, level), format))).toEqual(plain(20, 10, level))
  })

  it('leaves colour profiles alone, as training pipelines do', async () => {
    const { width, height, rgb } = golden.decoded['alpha.png']
    const tagged = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .withIccProfile('p3')
      .png()
      .toBuffer()
    const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer()
    expect(await decode(tagged)).toEqual({ width, height, rgb: new Uint8Array(stored) })
  })
})

describe('bytes that are no picture', () => {
  const refused: [string, Uint8Array | string, string, string][] = [
    ['nothing', '', 'picture_empty', 'there are no bytes'],
    ['text', 'hello, world', 'picture_format', 'found the first bytes 68656c6c6f2c2077'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'picture_format', 'found SVG'],
    ['SVG after a declaration', '<?xml version="1.0"?><svg/>', 'picture_format', 'found SVG'],
    ['PDF', '%PDF-1.7', 'picture_format', 'found a PDF'],
    ['TIFF', 'II*\0\x08\0\0\0', 'picture_format', 'found a TIFF'],
    ['HEIF', '\0\0\0\x18ftypheic', 'picture_format', 'found HEIF'],
    ['GIF', pictureFile('animated.gif'), 'picture_format', 'found a GIF'],
    ['an animated PNG', pictureFile('animated.png'), 'picture_animated', 'the png is animated'],
    ['an animated WebP', pictureFile('animated.webp'), 'picture_animated', 'the webp is animated'],
    ['the magic of a JPEG alone', '\xff\xd8\xff', 'picture_truncated', 'ends after 3 bytes'],
    ['the magic of a PNG alone', '\x89PNG\r\n\x1a\n', 'picture_truncated', 'ends after 8 bytes'],
    ['the magic of a WebP alone', 'RIFF\x10\0\0\0WEBP', 'picture_truncated', 'ends after 12 bytes'],
    ['noise after the magic of a JPEG', `\xff\xd8\xff${'noise'.repeat(50)}\xff\xd9`, 'picture_broken', 'cannot be decoded'],
  ]
  for (const [what, bytes, reason, detail] of refused)
    it(`refuses ${what}`, async () => {
      expect(await decode(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)).toMatchObject({
        reason,
        detail: expect.stringContaining(detail),
      })
    })

  for (const name of ['orientation-1.jpg', 'progressive.jpg', 'alpha.png', 'colour-16.png', 'lossy.webp', 'alpha.webp'])
    it(`refuses ${name} cut off at every tenth and one byte before its last data`, async () => {
      const bytes = pictureFile(name)
      const cuts = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenth) => Math.floor((bytes.length * tenth) / 10))
      // The last two bytes of a JPEG only say that it ends, and the last chunk of a PNG too.
      const last = name.endsWith('jpg') ? 12 : name.endsWith('png') ? 17 : 1
      for (const cut of [...cuts, bytes.length - last])
        expect(await decode(bytes.subarray(0, cut)), `cut at ${cut} of ${bytes.length}`).toMatchObject({
          reason: cut < 12 ? expect.stringMatching(/picture_(format|truncated)/) : 'picture_truncated',
        })
    })

  it('refuses too many bytes, too many pixels and too few before decoding', async () => {
    expect(await decode(pictureFile('alpha.png'), { bytes: 100 })).toMatchObject({ reason: 'picture_too_large' })
    for (const name of ['alpha.png', 'orientation-1.jpg'])
      expect(await decode(withSize(pictureFile(name), 20_000, 20_000))).toEqual({
        reason: 'picture_too_many_pixels',
        detail: 'the picture has 20000 x 20000 pixels; the limit is 50000000 in all',
      })
    expect(await decode(await encode(plain(1, 1, 9), 'png'))).toEqual({
      reason: 'picture_too_small',
      detail: 'the picture has 1 x 1 pixels; expected at least 8 a side',
    })
  })

  it('never throws on damaged bytes, and says why in the closed set of reasons', async () => {
    const damage = fc.record({ name: fc.constantFrom(...names), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 20 }) })
    const noise = fc.tuple(
      fc.constantFrom('', '\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'RIFF\0\0\0\0WEBPVP8 '),
      fc.uint8Array({ maxLength: 200 }),
    )
    const hostile = fc.oneof(
      damage.map(({ name, at, bytes }) => {
        const file = pictureFile(name)
        file.set(bytes, at % (file.length - bytes.length))
        return file
      }),
      noise.map(([magic, bytes]) => Buffer.concat([Buffer.from(magic, 'latin1'), bytes])),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (bytes) => {
        const made = await decode(bytes)
        if ('reason' in made) expect(pictureReasons).toContain(made.reason)
        else expect(made.rgb).toHaveLength(made.width * made.height * 3)
      }),
      { numRuns: 100 },
    )
  })
})
