import { z } from 'zod'
import { ModelFault } from './fault.js'
import type { AddedNodes } from './nodes.js'
import type { PictureInput } from './picture-input.js'

const pixels = z.int().min(1).max(16384)
const three = (number: z.ZodNumber) => z.tuple([number, number, number]).readonly()

/** How a picture becomes what the model takes. `size`, `fit` and `kernel` are for who resizes; the rest is in the graph. */
export const preprocessingSchema = z.strictObject({
  /** Height and width in pixels. */
  size: z.tuple([pixels, pixels]).readonly(),
  /** `stretch`: resized to the size; `cover`: resized so that the shorter side is `resizeShort`, then the centre is cut out. */
  fit: z.enum(['stretch', 'cover']),
  resizeShort: pixels.optional(),
  /** Resampling, with the kernel widened when a picture shrinks, as Pillow does. */
  kernel: z.enum(['bilinear', 'bicubic', 'lanczos']),
  /** Order of the channels that the model takes. */
  colour: z.enum(['rgb', 'bgr']),
  /** (pixel * scale - mean) / std, pixels from 0 to 255, channels in the order that the model takes. */
  scale: z.number().positive(),
  mean: three(z.number()),
  std: three(z.number().positive()),
})

export type Preprocessing = z.infer<typeof preprocessingSchema>

/** What differs from the usual. */
export type PreprocessingChoice = { readonly [Field in Exclude<keyof Preprocessing, 'size'>]?: Preprocessing[Field] | undefined }

const bytes = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const
const imageNet = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

/**
 * The pre-processing of an input. By default what most models from PyTorch take: ImageNet's mean and standard deviation, the centre of
 * a picture that was resized to 8/7 of the size.
 * @throws ModelFault when a field is out of its range, or the input takes bytes and something else is asked for
 */
export function preprocessingFor({ name, type, size }: PictureInput, choice: PreprocessingChoice = {}): Preprocessing {
  const usual = type === 'uint8' ? bytes : imageNet
  const { fit = 'cover', kernel = 'bilinear', colour = 'rgb', scale = usual.scale, mean = usual.mean, std = usual.std } = choice
  const least = Math.min(...size)
  const resizeShort = fit === 'stretch' ? undefined : (choice.resizeShort ?? Math.round((least * 8) / 7))
  const parsed = preprocessingSchema.safeParse({
    size,
    fit,
    ...(resizeShort !== undefined && { resizeShort }),
    kernel,
    colour,
    scale,
    mean,
    std,
  })
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]
    throw new ModelFault(`pre-processing, ${path.join('.')}: ${message}`)
  }
  if (resizeShort !== undefined && resizeShort < least)
    throw new ModelFault(`a picture with a shorter side of ${resizeShort} does not cover ${size.join(' x ')}; resize to ${least} or more`)
  if (type === 'uint8' && (scale !== 1 || [...mean].some((m) => m !== 0) || [...std].some((s) => s !== 1)))
    throw new ModelFault(`input "${name}" takes bytes, as they are in the picture: leave out scale, mean and std`)
  return parsed.data
}

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
