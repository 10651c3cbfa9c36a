import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Prepared } from '../../../backbones/model/prepare.js'
import type { Statistic } from '../../../backbones/model/statistics.js'
import { half } from './nets.js'

/** Pictures of noise on a gradient, uint8 [n, height, width, 3]. */
export function pictures(n: number, height: number, width: number): Uint8Array {
  let state = 7
  return Uint8Array.from({ length: n * height * width * 3 }, (_, at) => {
    state = (state * 48271) % 2147483647
    return Math.min(255, ((state >> 16) % (64 + 32 * Math.floor(at / (height * width * 3)))) + (at % (width * 3)))
  })
}

/** Pictures as a model takes them, by plain loops. */
export function plainInput(
  pixels: Uint8Array,
  [height, width]: readonly [number, number],
  { layout = 'nchw', bgr = false, scale = 1, mean = [0, 0, 0], std = [1, 1, 1] }: PlainInput = {},
): number[] {
  const plane = height * width
  const input = new Array<number>(pixels.length)
  for (let at = 0; at < pixels.length; at++) {
    const channel = bgr ? 2 - (at % 3) : at % 3
    const position = Math.floor(at / 3) % plane
    const picture = Math.floor(at / (3 * plane))
    const to = layout === 'nchw' ? (picture * 3 + channel) * plane + position : (picture * plane + position) * 3 + channel
    input[to] = (pixels[at] * scale - mean[channel]) / std[channel]
  }
  return input
}

export interface PlainInput {
  readonly layout?: 'nchw' | 'nhwc'
  readonly bgr?: boolean
  readonly scale?: number
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The statistics by their definitions, in float64. */
export const plainStatistics: Record<Statistic, (values: readonly number[]) => number> = {
  mean: meanOf,
  logSd: (values) => Math.log(Math.sqrt(meanOf(values.map((value) => (value - meanOf(values)) ** 2))) + 0.001),
  secondMoment: (values) => meanOf(values.map((value) => value * value)),
  max: (values) => Math.max(...values),
  topShare: (values) => {
    const sizes = values.map(Math.abs).sort((a, b) => b - a)
    return Math.log((meanOf(sizes.slice(0, Math.ceil(sizes.length / 100))) + 0.001) / (meanOf(sizes) + 0.001))
  },
}

/** A tap [n, c, h, w] reduced to [n][statistic][channel]. */
export function plainFeatures(tap: Tensor, statistics: readonly Statistic[]): number[][] {
  const [n, channels, height, width] = tap.dims
  const positions = height * width
  const all = numbersOf(tap)
  return Array.from({ length: n }, (_, picture) =>
    statistics.flatMap((statistic) =>
      Array.from({ length: channels }, (_, channel) => {
        const from = (picture * channels + channel) * positions
        return plainStatistics[statistic](all.slice(from, from + positions))
      }),
    ),
  )
}

/** Runs a prepared backbone on n pictures. */
export async function run({ bytes, description }: Pick<Prepared, 'bytes' | 'description'>, pixels: Uint8Array, threads = 1) {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads })
  const [height, width] = description.preprocessing.size
  const shape = [pixels.length / (height * width * 3), height, width, 3]
  const outputs = await session.run({ pixels: new Tensor('uint8', pixels, shape) })
  await session.release()
  return outputs
}

/** Numbers of a float tensor; those of half precision from their bits. */
export function numbersOf({ data, dims }: Tensor): number[] {
  if (data instanceof Float32Array) return Array.from(data)
  if (!(data instanceof Uint16Array)) throw new Error(`no floats, of shape ${dims}`)
  return Array.from(data, (bits) => {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
    return (bits >> 15 ? -1 : 1) * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
  })
}

/** Runs a model as it is on its only input. */
export async function runRaw(
  bytes: Uint8Array,
  name: string,
  values: readonly number[],
  shape: readonly number[],
  type: 'FLOAT' | 'FLOAT16' = 'FLOAT',
) {
  const input =
    type === 'FLOAT'
      ? new Tensor('float32', Float32Array.from(values), shape)
      : new Tensor('float16', Uint16Array.from(values, half), shape)
  const session = await InferenceSession.create(bytes)
  const outputs = await session.run({ [name]: input })
  await session.release()
  return outputs
}
