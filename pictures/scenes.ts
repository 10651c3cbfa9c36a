import { normal, uniforms } from '../detectors/random.js'
import type { Raster } from './raster.js'
import { paintBelt } from './scenes/belt.js'
import { addNoise, blur, type Canvas, type Colour, emptyCanvas, type Place, rasterFrom } from './scenes/canvas.js'
import { cap, carton, spanner, washer } from './scenes/parts.js'

/** What is wrong with a scene. */
export interface SceneFaults {
  /** Standard deviation of a Gaussian blur, pixels. */
  readonly blur?: number
  /** Standard deviation of more sensor noise, grey levels; a sound scene has 2. */
  readonly noise?: number
  /** The share of light that is missing, 0 to 1. */
  readonly darkness?: number
  /** A spanner lies on the belt. */
  readonly foreign?: boolean
}

const side = 256

/**
 * What a camera above a conveyor belt sees, 256 x 256: caps, washers and cartons on moving rubber between two rails; place, turn, colour and light vary a little
 * from scene to scene. The same for the same seed, index and faults; a fault changes nothing but what it is.
 */
export function scene(seed: number, index: number, faults: SceneFaults = {}): Raster {
  const random = uniforms(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77))
  const canvas = emptyCanvas(side)
  paintBelt(canvas, Math.floor(random() * 4096), random)
  for (let slot = 0; slot < 3; slot++) part(canvas, slotOf(slot, random), (index + slot) % 3, random)
  const somewhere = { x: 90 + 76 * random(), y: 90 + 76 * random(), turn: Math.PI * (0.15 + 0.7 * random()) }
  if (faults.foreign) spanner(canvas, somewhere)
  light(canvas, 1 - (faults.darkness ?? 0), random)
  if (faults.blur) blur(canvas, faults.blur)
  addNoise(canvas, Math.hypot(2, faults.noise ?? 0), random)
  return rasterFrom(canvas)
}

const slotOf = (slot: number, random: () => number): Place => ({
  x: 48 + 80 * slot + 6 * normal(random),
  y: 128 + 18 * normal(random),
  turn: 0.22 * normal(random),
})

const caps: readonly Colour[] = [
  [38, 98, 190],
  [40, 110, 200],
  [30, 128, 190],
]

function part(canvas: Canvas, place: Place, kind: number, random: () => number): void {
  const tint = 1 + 0.04 * normal(random)
  const tinted = ([red, green, blue]: Colour): Colour => [red * tint, green * tint, blue * tint]
  const blue = caps[Math.floor(random() * caps.length)]
  if (kind === 0) cap(canvas, place, tinted(blue))
  else if (kind === 1) washer(canvas, place)
  else carton(canvas, place, tinted([196, 150, 98]))
}

/** A lamp above the middle, now and then a little brighter, darker or to the side; the corners get less of it. */
function light({ levels }: Canvas, gain: number, random: () => number): void {
  const [x0, y0] = [side / 2 + 12 * normal(random), side / 2 - 20 + 12 * normal(random)]
  const strength = gain * (1.06 + 0.03 * normal(random))
  for (let y = 0, at = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const far = ((x - x0) ** 2 + (y - y0) ** 2) / side ** 2
      const factor = strength * (1.12 - 0.55 * far)
      for (let channel = 0; channel < 3; channel++, at++) levels[at] *= factor
    }
}
