import type { Raster } from './raster.js'

export const kernels = ['nearest', 'bilinear', 'bicubic', 'lanczos3'] as const
export type Kernel = (typeof kernels)[number]

interface Size {
  readonly width: number
  readonly height: number
}
/** A part of the resized picture, the only one that is computed. */
interface Part extends Size {
  readonly left: number
  readonly top: number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Weight by the distance in source pixels; nothing beyond the radius. Bicubic is Keys' with a = -1/2. */
const windows: Record<Exclude<Kernel, 'nearest'>, { radius: number; weight: (x: number) => number }> = {
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    radius: 2,
    weight: (x) => {
      const t = Math.abs(x)
      if (t < 1) return (1.5 * t - 2.5) * t * t + 1
      return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0
    },
  },
  lanczos3: { radius: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/**
 * `Image.resize` of Pillow up to version 12 on 8-bit RGB, byte for byte: the kernel is widened by the ratio when it shrinks (antialiasing),
 * weights are rounded to 22 bits, along rows first, then along columns, each rounded and clipped to 8 bits. Pillow 13 takes columns first
 * where the height shrinks much more than the width, and then differs by a grey level (bilinear) or at hard edges some 20 (lanczos3).
 * Only `part` of the result is computed; h x w x 3 bytes.
 */
export function resize(raster: Raster, to: Size, kernel: Kernel, part: Part = { left: 0, top: 0, ...to }): Uint8Array {
  const columns = taps(raster.width, to.width, kernel, part.left, part.width)
  const rows = taps(raster.height, to.height, kernel, part.top, part.height)
  const first = rows.starts[0]
  const last = rows.starts[part.height - 1] + rows.lengths[part.height - 1]
  const narrow = alongRows(raster, columns, first, last - first)
  return new Uint8Array(alongColumns(narrow, rows, part.width * 3, first).buffer)
}

/** For each position of the result: where its source pixels start, how many they are, and their weights, `stride` places a position. */
interface Taps {
  readonly starts: Int32Array
  readonly lengths: Int32Array
  readonly weights: Int32Array
  readonly stride: number
}

const bits = 22
const half = 1 << (bits - 1)

/** Of `count` positions from the first on, so that what a crop leaves out costs nothing, however long a picture is. */
function taps(from: number, to: number, kernel: Kernel, first: number, count: number): Taps {
  if (kernel === 'nearest') return nearest(from, to, first, count)
  const { radius, weight } = windows[kernel]
  const scale = from / to
  const widen = Math.max(1, scale)
  const support = radius * widen
  const stride = Math.ceil(support) * 2 + 1
  const made = { starts: new Int32Array(count), lengths: new Int32Array(count), weights: new Int32Array(count * stride), stride }
  const exact = new Float64Array(stride)
  for (let at = 0; at < count; at++) {
    const centre = (first + at + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - support + 0.5))
    const length = Math.min(from, Math.trunc(centre + support + 0.5)) - start
    let total = 0
    for (let i = 0; i < length; i++) {
      exact[i] = weight((i + start - centre + 0.5) * (1 / widen))
      total += exact[i]
    }
    made.starts[at] = start
    made.lengths[at] = length
    for (let i = 0; i < length; i++) made.weights[at * stride + i] = awayFromZero((exact[i] / total) * (1 << bits))
  }
  return made
}

const awayFromZero = (x: number): number => Math.trunc(x < 0 ? x - 0.5 : x + 0.5)

/** One source pixel each, its place found by adding up steps as Pillow does, so that ties fall the same way. */
function nearest(from: number, to: number, first: number, count: number): Taps {
  const starts = new Int32Array(count)
  const scale = from / to
  let place = scale * 0.5
  for (let at = 0; at < first + count; at++, place += scale) if (at >= first) starts[at - first] = Math.min(from - 1, Math.trunc(place))
  return { starts, lengths: new Int32Array(count).fill(1), weights: new Int32Array(count).fill(1 << bits), stride: 1 }
}

function alongRows({ width, rgb }: Raster, { starts, lengths, weights, stride }: Taps, first: number, count: number): Uint8ClampedArray {
  const out = new Uint8ClampedArray(count * starts.length * 3)
  for (let row = 0, to = 0; row < count; row++) {
    const line = (first + row) * width * 3
    for (let x = 0; x < starts.length; x++, to += 3) {
      let red = half
      let green = half
      let blue = half
      let from = line + starts[x] * 3
      const end = x * stride + lengths[x]
      for (let tap = x * stride; tap < end; tap++, from += 3) {
        const weight = weights[tap]
        red = (red + Math.imul(weight, rgb[from])) | 0
        green = (green + Math.imul(weight, rgb[from + 1])) | 0
        blue = (blue + Math.imul(weight, rgb[from + 2])) | 0
      }
      out[to] = red >> bits
      out[to + 1] = green >> bits
      out[to + 2] = blue >> bits
    }
  }
  return out
}

/** `narrow` begins with the picture's row `first`; its rows have `line` bytes. */
function alongColumns(
  narrow: Uint8ClampedArray,
  { starts, lengths, weights, stride }: Taps,
  line: number,
  first: number,
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(starts.length * line)
  const sums = new Int32Array(line)
  for (let y = 0; y < starts.length; y++) {
    sums.fill(half)
    for (let tap = 0; tap < lengths[y]; tap++) {
      const weight = weights[y * stride + tap]
      const from = (starts[y] + tap - first) * line
      for (let x = 0; x < line; x++) sums[x] = (sums[x] + Math.imul(weight, narrow[from + x])) | 0
    }
    for (let x = 0; x < line; x++) out[y * line + x] = sums[x] >> bits
  }
  return out
}
