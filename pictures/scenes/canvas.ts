import { normals } from '../../detectors/random.js'
import type { Raster } from '../raster.js'

export type Colour = readonly [red: number, green: number, blue: number]

/** A picture while it is painted: levels 0 to 255, unrounded and not yet clipped. */
export interface Canvas {
  readonly side: number
  readonly levels: Float32Array
}

export const emptyCanvas = (side: number): Canvas => ({ side, levels: new Float32Array(side * side * 3) })

/** A shape around its own middle: distance to its edge in pixels, below 0 inside; nothing of it is further out than `reach`. */
export interface Shape {
  readonly reach: number
  distance(x: number, y: number): number
}

export const disc = (radius: number): Shape => ({ reach: radius, distance: (x, y) => Math.sqrt(x * x + y * y) - radius })

export const ring = (outer: number, inner: number): Shape => ({
  reach: outer,
  distance: (x, y) => {
    const r = Math.sqrt(x * x + y * y)
    return Math.max(r - outer, inner - r)
  },
})

export const box = (width: number, height: number, corner: number): Shape => ({
  reach: Math.sqrt(width * width + height * height) / 2,
  distance: (x, y) => {
    const dx = Math.abs(x) - width / 2 + corner
    const dy = Math.abs(y) - height / 2 + corner
    const outside = Math.sqrt(Math.max(dx, 0) ** 2 + Math.max(dy, 0) ** 2)
    return outside + Math.min(Math.max(dx, dy), 0) - corner
  },
})

export interface Place {
  readonly x: number
  readonly y: number
  /** Radians. */
  readonly turn: number
}

/** Paints a shape; `light` gives the factor on its colour and what is added to it (a reflection), by place in the shape and depth inside it. */
export function paint(
  canvas: Canvas,
  shape: Shape,
  place: Place,
  colour: Colour,
  light: (x: number, y: number, depth: number) => readonly [factor: number, shine: number],
): void {
  visit(canvas, shape, place, 1, (at, x, y, distance) => {
    const cover = Math.min(1, 0.5 - distance)
    if (cover <= 0) return
    const [factor, shine] = light(x, y, -distance)
    for (let channel = 0; channel < 3; channel++) {
      const level = colour[channel] * factor + shine
      canvas.levels[at + channel] += cover * (level - canvas.levels[at + channel])
    }
  })
}

/** A soft shadow under a shape that stands `height` pixels high; the light comes from above left. */
export function shade(canvas: Canvas, shape: Shape, { x, y, turn }: Place, height: number): void {
  visit(canvas, shape, { x: x + 0.7 * height, y: y + height, turn }, height, (at, _x, _y, distance) => {
    const depth = Math.min(1, Math.max(0, 0.5 - distance / (2 * height)))
    const factor = 1 - 0.55 * depth * depth
    for (let channel = 0; channel < 3; channel++) canvas.levels[at + channel] *= factor
  })
}

function visit(
  { side }: Canvas,
  { reach, distance }: Shape,
  { x, y, turn }: Place,
  margin: number,
  each: (at: number, x: number, y: number, distance: number) => void,
): void {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const [left, right] = [x, x].map((middle, end) => Math.round(middle + (end === 0 ? -1 : 1) * (reach + margin)))
  const [top, bottom] = [y, y].map((middle, end) => Math.round(middle + (end === 0 ? -1 : 1) * (reach + margin)))
  for (let row = Math.max(0, top); row <= Math.min(side - 1, bottom); row++)
    for (let column = Math.max(0, left); column <= Math.min(side - 1, right); column++) {
      const dx = column + 0.5 - x
      const dy = row + 0.5 - y
      const u = dx * cos + dy * sin
      const v = dy * cos - dx * sin
      each((row * side + column) * 3, u, v, distance(u, v))
    }
}

// Drawing 200,000 normal numbers takes longer than painting, so they come from a table, each row from a place of its own.
const tableSize = 1 << 14
const table = Float32Array.from({ length: 2 * tableSize }, normals(1))

export function addNoise({ side, levels }: Canvas, deviation: number, random: () => number): void {
  const line = side * 3
  for (let row = 0; row < side; row++) {
    const from = Math.floor(random() * tableSize)
    for (let i = 0; i < line; i++) levels[row * line + i] += deviation * table[from + i]
  }
}

/** Gaussian, standard deviation in pixels; edges repeat. */
export function blur({ side, levels }: Canvas, deviation: number): void {
  const radius = Math.ceil(2.5 * deviation)
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const line = side * 3
  for (const [step, across] of [
    [3, line],
    [line, 3],
  ]) {
    const source = levels.slice()
    levels.fill(0)
    for (let along = 0; along < side; along++)
      for (let k = -radius; k <= radius; k++) {
        const weight = weights[k + radius] / total
        const shift = (Math.min(side - 1, Math.max(0, along + k)) - along) * step
        for (let at = along * step, other = 0; other < side; other++, at += across)
          for (let channel = at; channel < at + 3; channel++) levels[channel] += weight * source[channel + shift]
      }
  }
}

export const rasterFrom = ({ side, levels }: Canvas): Raster => ({
  width: side,
  height: side,
  rgb: new Uint8Array(new Uint8ClampedArray(levels).buffer),
})
