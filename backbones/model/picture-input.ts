import { ModelFault } from './fault.js'
import type { SourceModel } from './model-file.js'
import { suggestion } from './suggest.js'
import { type DeclaredValue, inputsOf, valueText } from './values.js'

export const layouts = ['nchw', 'nhwc'] as const
/** Order of the axes: channels before or after height and width. */
export type Layout = (typeof layouts)[number]

export const elementTypes = ['float', 'float16', 'double', 'uint8'] as const
export type PictureType = (typeof elementTypes)[number]

/** The input that takes pictures, and how. */
export interface PictureInput {
  readonly name: string
  readonly type: PictureType
  readonly layout: Layout
  /** Height and width in pixels. */
  readonly size: readonly [height: number, width: number]
  /** Pictures per run where the model fixes it. */
  readonly batch: number | undefined
}

export interface InputChoice {
  /** Default: the only input with four axes. */
  readonly input?: string | undefined
  /** Default: by where the axis of 3 stands, else nchw. */
  readonly layout?: Layout | undefined
  /** Height and width; default: what the model fixes, else 224 x 224. */
  readonly size?: readonly [height: number, width: number] | undefined
}

const USUAL_SIZE = 224

/** Finds the input that takes pictures. @throws ModelFault when there is none, or several, or it takes something else */
export function pictureInput({ name: file, graph }: SourceModel, choice: InputChoice = {}): PictureInput {
  const input = chosen(file, inputsOf(graph), choice.input)
  const { name, shape = ['?', '?', '?', '?'] } = input
  const what = `input "${name}" of ${file}, ${valueText(input)},`
  const type = elementTypes.find((one) => one === input.type)
  if (type === undefined) throw new ModelFault(`${what} takes no pictures: expected ${elementTypes.join(', ')} numbers`)
  if (shape.length !== 4) throw new ModelFault(`${what} takes no pictures: expected four axes, [N, 3, H, W] or [N, H, W, 3]`)
  const layout = choice.layout ?? (shape[3] === 3 && shape[1] !== 3 ? 'nhwc' : 'nchw')
  const [batch, channels, height, width] = layout === 'nchw' ? shape : [shape[0], shape[3], shape[1], shape[2]]
  if (typeof channels === 'number' && channels !== 3)
    throw new ModelFault(
      `${what} has ${channels} where the ${layout} layout has the channels, and pictures have 3; give the other layout if that is it, ` +
        'or take a model of colour pictures',
    )
  const size = [height, width].map((fixed, axis) => {
    const asked = choice.size?.[axis]
    if (typeof fixed === 'number' && asked !== undefined && asked !== fixed)
      throw new ModelFault(
        `${what} has a fixed ${axis === 0 ? 'height' : 'width'} of ${fixed}, not ${asked}; leave the size out, or export with dynamic axes`,
      )
    return typeof fixed === 'number' ? fixed : (asked ?? USUAL_SIZE)
  })
  return { name, type, layout, size: [size[0], size[1]], batch: typeof batch === 'number' ? batch : undefined }
}

function chosen(file: string, inputs: readonly DeclaredValue[], name: string | undefined): DeclaredValue {
  const names = inputs.map((one) => one.name)
  if (name !== undefined) {
    const input = inputs.find((one) => one.name === name)
    if (input === undefined) throw new ModelFault(`${file} has no input "${name}"${suggestion(name, names)}`)
    return input
  }
  if (inputs.length === 0) throw new ModelFault(`${file} has no input: it computes from stored tensors alone`)
  const likely = inputs.filter(({ shape }) => inputs.length === 1 || shape?.length === 4)
  if (likely.length === 1) return likely[0]
  throw new ModelFault(`${file} has several inputs (${names.join(', ')}), and which takes the pictures is not clear; name it (--input)`)
}
