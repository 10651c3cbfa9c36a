import type { Raster } from './raster.js'
import { resize } from './resize.js'
import { viridis } from './viridis.js'

/** One number per patch of a picture, height x width of them, row by row. */
export interface PatchMap {
  readonly height: number
  readonly width: number
  readonly values: ArrayLike<number>
}

export interface HeatmapOptions {
  /** What the first and the last colour stand for; by default the least and the greatest value of this map. */
  readonly range?: readonly [low: number, high: number]
  /** Longest side of the result in pixels; a smaller picture keeps its size. */
  readonly side?: number
}

/** The map in colours alone and over the picture in grey, both in the picture's shape. Values in between are bilinear. */
export function heatmap(map: PatchMap, picture: Raster, options: HeatmapOptions = {}): { bare: Raster; overlay: Raster } {
  const { width, height, rgb } = shrunk(picture, options.side ?? 320)
  const [low, high] = options.range ?? rangeOf(map.values)
  const heat = enlarged(map, height, width)
  const greys = greyOf(rgb)
  const bare = new Uint8Array(rgb.length)
  const overlay = new Uint8ClampedArray(rgb.length)
  for (let pixel = 0; pixel < heat.length; pixel++) {
    const t = high > low ? Math.min(1, Math.max(0, (heat[pixel] - low) / (high - low))) : 0
    const colour = Math.round(t * 255) * 3
    const at = pixel * 3
    const grey = greys[pixel]
    // Where nothing is the matter the picture stays visible.
    const cover = 0.7 * t
    for (let channel = 0; channel < 3; channel++) {
      bare[at + channel] = viridis[colour + channel]
      overlay[at + channel] = grey + cover * (viridis[colour + channel] - grey)
    }
  }
  return { bare: { width, height, rgb: bare }, overlay: { width, height, rgb: new Uint8Array(overlay.buffer) } }
}

/** Brightest grey of a picture, at least: a dark one is made lighter, or nothing would be seen of it. */
const LIGHT = 160

function greyOf(rgb: Uint8Array): Float64Array {
  const greys = Float64Array.from(
    { length: rgb.length / 3 },
    (_, i) => 0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2],
  )
  const brightest = greys.reduce((most, grey) => Math.max(most, grey), 0)
  return brightest === 0 || brightest >= LIGHT ? greys : greys.map((grey) => (grey * LIGHT) / brightest)
}

function rangeOf(values: ArrayLike<number>): [low: number, high: number] {
  const sorted = Float64Array.from(values).sort()
  return [sorted[0], sorted[sorted.length - 1]]
}

function shrunk(picture: Raster, side: number): Raster {
  const ratio = side / Math.max(picture.width, picture.height)
  if (ratio >= 1) return picture
  const [width, height] = [picture.width, picture.height].map((length) => Math.max(1, Math.round(length * ratio)))
  return { width, height, rgb: resize(picture, { width, height }, 'bilinear') }
}

/** Bilinear between the middles of patches; beyond the outermost middles the values go on. */
function enlarged({ height, width, values }: PatchMap, rows: number, columns: number): Float64Array {
  const across = places(width, columns)
  const down = places(height, rows)
  const made = new Float64Array(rows * columns)
  for (let y = 0, to = 0; y < rows; y++) {
    const { left: above, right: below, share: v } = down[y]
    for (let x = 0; x < columns; x++, to++) {
      const { left, right, share } = across[x]
      const upper = values[above * width + left] * (1 - share) + values[above * width + right] * share
      const lower = values[below * width + left] * (1 - share) + values[below * width + right] * share
      made[to] = upper * (1 - v) + lower * v
    }
  }
  return made
}

/** For each of `to` places the two of `from` that it lies between, and how near it is to the second. */
const places = (from: number, to: number): { left: number; right: number; share: number }[] =>
  Array.from({ length: to }, (_, at) => {
    const place = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5))
    const left = Math.floor(place)
    return { left, right: Math.min(from - 1, left + 1), share: place - left }
  })
