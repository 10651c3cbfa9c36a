import { z } from 'zod'
import type { Raster } from './raster.js'
import { kernels, resize } from './resize.js'

const side = () => z.int().min(1).max(4096)

/** How a picture becomes pixels of the network's input: fields of a schema. */
export const preprocessShape = {
  size: z.tuple([side(), side()]).readonly().describe('height and width of the network’s input'),
  fit: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('stretch') }).describe('resize to `size`, whatever the shape'),
      z
        .strictObject({ type: z.literal('cover'), short: side().describe('length of the shorter side after resizing, at least `size`') })
        .describe('resize the shorter side to `short`, keep the shape, cut `size` from the centre'),
      z
        .strictObject({ type: z.literal('crop') })
        .describe('cut `size` from the centre at native resolution; a smaller picture is first enlarged until it covers `size`'),
    ])
    .default({ type: 'stretch' }),
  kernel: z.enum(kernels).default('bilinear').describe('interpolation, antialiased when it shrinks'),
}

export type PreprocessSpec = z.infer<z.ZodObject<typeof preprocessShape>>

/** Whether a picture covers `size` once it is resized, and what to say where it does not. */
export const covers = ({ size, fit }: Pick<PreprocessSpec, 'size' | 'fit'>): boolean =>
  fit.type !== 'cover' || fit.short >= Math.max(...size)
export const coversNot = { path: ['fit', 'short'], message: 'is smaller than `size`; the crop would not fit into the resized picture' }

/** As data: written into the backbone, so that scoring does what fitting did. */
export const preprocessSchema = z.strictObject(preprocessShape).refine(covers, coversNot)

/**
 * The network's input, uint8 h x w x 3 (HWC, RGB); mean and deviation are the graph's business. Equal, byte for byte, to torchvision's
 * `Resize` and `CenterCrop` on PIL pictures: `Resize((h, w))` for stretch, `Resize(short)` then `CenterCrop((h, w))` for cover.
 */
export function preprocess(raster: Raster, { size: [height, width], fit, kernel }: PreprocessSpec): Uint8Array {
  if (fit.type === 'stretch') return resize(raster, { width, height }, kernel)
  const small = raster.height < height || raster.width < width
  const whole = fit.type === 'cover' ? covering(raster, fit.short, fit.short) : small ? covering(raster, height, width) : raster
  return resize(raster, whole, kernel, { left: centred(whole.width - width), top: centred(whole.height - height), width, height })
}

/** The smallest size of the picture's shape that covers height x width; the longer side rounds down, as in torchvision. */
export function covering(raster: Raster, height: number, width: number): { width: number; height: number } {
  if (raster.height * width <= raster.width * height) return { height, width: Math.floor((height * raster.width) / raster.height) }
  return { width, height: Math.floor((width * raster.height) / raster.width) }
}

/** Half of what is left over; of two middles the even one (Python's rounding). */
function centred(rest: number): number {
  const half = Math.floor(rest / 2)
  return rest % 2 === 1 && half % 2 === 1 ? half + 1 : half
}
