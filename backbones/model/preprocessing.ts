import { z } from 'zod'
import { covers, coversNot, preprocessShape } from '../../pictures/preprocess.js'
import { ModelFault } from './fault.js'
import type { AddedNodes } from './nodes.js'
import type { PictureInput } from './picture-input.js'

const three = (number: z.ZodNumber) => z.tuple([number, number, number]).readonly()

/** How a picture becomes what the model takes. `size`, `fit` and `kernel` are for who resizes; the rest is in the graph. */
export const preprocessingSchema = z
  .strictObject({
    ...preprocessShape,
    /** Order of the channels that the model takes. */
    colour: z.enum(['rgb', 'bgr']),
    /** (pixel * scale - mean) / std, pixels from 0 to 255, channels in the order that the model takes. */
    scale: z.number().positive(),
    mean: three(z.number()),
    std: three(z.number().positive()),
  })
  .refine(covers, coversNot)

export type Preprocessing = z.infer<typeof preprocessingSchema>

/** What differs from the usual. */
export type PreprocessingChoice = {
  readonly [Field in Exclude<keyof Preprocessing, 'size' | 'fit'>]?: Preprocessing[Field] | undefined
} & {
  readonly fit?: Preprocessing['fit']['type'] | undefined
  /** With `cover`: the shorter side before the cut. */
  readonly resizeShort?: number | undefined
}

const bytes = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const
const imageNet = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

/**
 * The pre-processing of an input. By default what most models from PyTorch take: ImageNet's mean and standard deviation, the centre of
 * a picture that was resized to 8/7 of the size.
 * @throws ModelFault when a field is out of its range, or the input takes bytes and something else is asked for
 */
export function preprocessingFor({ name, type, size }: PictureInput, choice: PreprocessingChoice = {}): Preprocessing {
  const usual = type === 'uint8' ? bytes : imageNet
  const { fit: how = 'cover', kernel = 'bilinear', colour = 'rgb', scale = usual.scale, mean = usual.mean, std = usual.std } = choice
  const fit = how === 'cover' ? { type: how, short: choice.resizeShort ?? Math.round((Math.max(...size) * 8) / 7) } : { type: how }
  const parsed = preprocessingSchema.safeParse({ size, fit, kernel, colour, scale, mean, std })
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]
    throw new ModelFault(`pre-processing, ${path.join('.')}: ${message}`)
  }
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
