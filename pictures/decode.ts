import sharp, { type Metadata } from 'sharp'
import type { PictureFault, PictureLimits, PictureReason } from './fault.js'
import { formatOf, isAnimated, isCutOff, type PictureFormat } from './format.js'
import type { Raster } from './raster.js'

// Every picture is new, so libvips' cache would only hold memory; and pictures are decoded side by side in libuv's pool (four threads
// unless UV_THREADPOOL_SIZE says otherwise), so a decoder with threads of its own would take cores from the network.
sharp.cache(false)
sharp.concurrency(1)

/**
 * JPEG, PNG or WebP to 8-bit RGB, off the event loop. Never throws on bad input.
 *
 * The pixels are those of Pillow's `ImageOps.exif_transpose(Image.open(f)).convert('RGB')`, with which training pipelines read: orientation
 * applied, grey repeated, alpha dropped (the colours under it stay as stored), colour profiles not applied, CMYK by r = (1 - c)(1 - k).
 * 16 bits become 8 by leaving out the lower byte, as Pillow does it for colour; 16-bit grey, which Pillow clips at 255 and so turns white, too.
 */
export async function decodePicture(bytes: Uint8Array, limits: PictureLimits): Promise<Raster | PictureFault> {
  const format = readable(bytes, limits)
  if (typeof format === 'object') return format
  try {
    const header = await sharp(bytes, { limitInputPixels: false }).metadata()
    return unfit(header, format, limits) ?? (await pixels(bytes, header, limits))
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    if (isCutOff(bytes, format)) return fault('picture_truncated', `the ${format} ends after ${bytes.length} bytes, before its end: ${why}`)
    return fault('picture_broken', `the ${format} cannot be decoded: ${why}; expected a whole picture`)
  }
}

/** What the first bytes and the size alone say. */
function readable(bytes: Uint8Array, limits: PictureLimits): PictureFormat | PictureFault {
  if (bytes.length === 0) return fault('picture_empty', 'there are no bytes; expected a JPEG, PNG or WebP')
  if (bytes.length > limits.bytes) return fault('picture_too_large', `the picture has ${bytes.length} bytes; the limit is ${limits.bytes}`)
  const format = formatOf(bytes)
  if (typeof format === 'object') return fault('picture_format', `found ${format.found}; expected a JPEG, PNG or WebP`)
  if (isAnimated(bytes, format)) return fault('picture_animated', `the ${format} is animated; expected a single picture`)
  return format
}

/** What the header says, before any pixel is decoded. */
function unfit({ format, width, height }: Metadata, expected: PictureFormat, limits: PictureLimits): PictureFault | undefined {
  if (format !== expected) return fault('picture_format', `found ${format} behind the first bytes of a ${expected}`)
  if (width * height > limits.pixels)
    return fault('picture_too_many_pixels', `the picture has ${width} x ${height} pixels; the limit is ${limits.pixels} in all`)
  if (Math.min(width, height) < limits.side)
    return fault('picture_too_small', `the picture has ${width} x ${height} pixels; expected at least ${limits.side} a side`)
  return undefined
}

async function pixels(bytes: Uint8Array, header: Metadata, limits: PictureLimits): Promise<Raster> {
  const space = header.space === 'cmyk' ? 'cmyk' : 'srgb'
  const { data, info } = await sharp(bytes, { limitInputPixels: limits.pixels, failOn: 'error', ignoreIcc: true })
    .autoOrient()
    .removeAlpha()
    .pipelineColourspace(space)
    .toColourspace(space)
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const samples = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { width: info.width, height: info.height, rgb: space === 'cmyk' ? fromInks(samples) : samples }
}

/** Subtractive colour without a profile; the product of bytes rounds as Pillow's does. */
function fromInks(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3)
  for (let from = 0, to = 0; from < cmyk.length; from += 4) {
    const light = 255 - cmyk[from + 3]
    for (let channel = 0; channel < 3; channel++) {
      const product = cmyk[from + channel] * light + 128
      rgb[to++] = light - ((product + (product >> 8)) >> 8)
    }
  }
  return rgb
}

const fault = (reason: PictureReason, detail: string): PictureFault => ({ reason, detail })
