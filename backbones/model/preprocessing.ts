import { z } from 'zod'
import type { AddedNodes } from './nodes.js'
import type { PictureInput } from './picture-input.js'

const pixels = z.int().min(1).max(16384)
const perChannel = z.tuple([z.number(), z.number(), z.number()])

/** How a picture becomes what the model takes. `size`, `fit` and `kernel` are for who resizes; the rest is in the graph. */
export const preprocessingSchema = z.strictObject({
  /** Height and width in pixels. */
  size: z.tuple([pixels, pixels]),
  /** `stretch`: resized to the size; `cover`: resized so that the shorter side is `resizeShort`, then the centre is cut out. */
  fit: z.enum(['stretch', 'cover']),
  resizeShort: pixels.optional(),
  /** Resampling, with the kernel widened when a picture shrinks, as Pillow does. */
  kernel: z.enum(['bilinear', 'bicubic', 'lanczos']),
  /** Order of the channels that the model takes. */
  colour: z.enum(['rgb', 'bgr']),
  /** (pixel * scale - mean) / std, pixels from 0 to 255, channels in the order that the model takes. */
  scale: z.number().positive(),
  mean: perChannel,
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
})

export type Preprocessing = z.infer<typeof preprocessingSchema>

/** What most models from PyTorch take: ImageNet's mean and standard deviation, the centre of a picture that was resized to 8/7 of the size. */
export const usualPreprocessing = (size: readonly [number, number]): Preprocessing => ({
  size: [size[0], size[1]],
  fit: 'cover',
  resizeShort: Math.round((Math.min(...size) * 8) / 7),
  kernel: 'bilinear',
  colour: 'rgb',
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
})

/**
 * From uint8 [N, H, W, 3], RGB, to what the model takes, under the name of its input. Channels move while they are bytes, which
 * is a quarter of the memory.
 */
export function addPreprocessing(added: AddedNodes, from: string, input: PictureInput, { colour, scale, mean, std }: Preprocessing): void {
  const first = input.layout === 'nchw'
  let value = first ? added.node('Transpose', [from], { perm: [0, 3, 1, 2] }) : from
  if (colour === 'bgr') value = added.node('Gather', [value, added.constant([3], BigInt64Array.of(2n, 1n, 0n))], { axis: first ? 1 : 3 })
  if (input.type === 'uint8') return void added.node('Identity', [value], {}, input.name)
  const dims = first ? [1, 3, 1, 1] : [1, 1, 1, 3]
  const constant = (of: (channel: number) => number) => added.constant(dims, Float32Array.of(of(0), of(1), of(2)))
  value = added.node('Mul', [added.cast(value, 'float'), constant((channel) => scale / std[channel])])
  value = added.node('Sub', [value, constant((channel) => mean[channel] / std[channel])])
  added.cast(value, input.type, input.name)
}
