import type { Raster } from '../../../pictures/raster.js'
import { mapped, mirrored } from '../pixels.js'
import { family } from './family.js'

/** Strength: radius of the disc in pixels. */
export const defocusBlur = family(
  'defocus-blur',
  { photo: [3, 4, 6, 8, 10], mild: [0.75, 1, 1.5, 2, 3], tiny: [0.6, 0.7, 0.8, 1.1, 1.5] },
  (picture, radius) => filtered(picture, disc(radius)),
)

/** Strength: length of the trail and standard deviation along it, in pixels; its direction is chance, within 45 degrees of the horizontal. */
export const motionBlur = family<readonly [number, number]>(
  'motion-blur',
  {
    photo: [
      [10, 3],
      [15, 5],
      [15, 8],
      [15, 12],
      [20, 15],
    ],
    mild: [
      [3, 0.75],
      [4, 1.25],
      [5, 1.75],
      [7, 2.25],
      [10, 3],
    ],
    tiny: [
      [6, 1],
      [6, 1.5],
      [6, 2],
      [8, 2],
      [9, 2.5],
    ],
  },
  (picture, [length, sd], uniform) => filtered(picture, trail(length, sd, (uniform() - 0.5) * (Math.PI / 2))),
)

/** Strength: standard deviation in pixels. */
export const gaussianBlur = family(
  'gaussian-blur',
  { photo: [1, 2, 3, 4, 6], mild: [0.4, 0.5, 0.6, 0.8, 1], tiny: [0.4, 0.6, 0.7, 0.8, 1] },
  (picture, sd) => {
    const line = bell(sd)
    return filtered(
      filtered(
        picture,
        line.map(({ x, weight }) => ({ x, y: 0, weight })),
      ),
      line.map(({ x, weight }) => ({ x: 0, y: x, weight })),
    )
  },
)

/** One entry of a kernel, at whole pixels from its middle. */
interface Entry {
  readonly x: number
  readonly y: number
  readonly weight: number
}

/** Weights brought to sum 1; entries of nothing left out. */
const normalised = (entries: readonly Entry[]): Entry[] => {
  const sum = entries.reduce((total, { weight }) => total + weight, 0)
  return entries.filter(({ weight }) => weight > 1e-4 * sum).map(({ x, y, weight }) => ({ x, y, weight: weight / sum }))
}

/** exp(-x^2 / 2 sd^2) out to 4 sd. */
const bell = (sd: number): Entry[] => {
  const reach = Math.ceil(4 * sd)
  return normalised(
    Array.from({ length: 2 * reach + 1 }, (_, i) => ({ x: i - reach, y: 0, weight: Math.exp(-((i - reach) ** 2) / (2 * sd * sd)) })),
  )
}

const PARTS = 8

/** The part of each pixel that lies in a disc. */
const disc = (radius: number): Entry[] => {
  const reach = Math.ceil(radius)
  const entries: Entry[] = []
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      let weight = 0
      for (let part = 0; part < PARTS * PARTS; part++) {
        const across = x + ((part % PARTS) + 0.5) / PARTS - 0.5
        const down = y + (Math.floor(part / PARTS) + 0.5) / PARTS - 0.5
        if (across * across + down * down <= radius * radius) weight++
      }
      entries.push({ x, y, weight })
    }
  }
  return normalised(entries)
}

/** A line from the middle outwards that fades like half a bell, each of its points shared among the four pixels around it. */
const trail = (length: number, sd: number, angle: number): Entry[] => {
  const weights = new Map<string, Entry>()
  for (let t = 0; t <= length; t += 0.5) {
    const [x, y] = [t * Math.cos(angle), t * Math.sin(angle)]
    const [left, top] = [Math.floor(x), Math.floor(y)]
    for (const [across, down] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ]) {
      const [column, row] = [left + across, top + down]
      const share = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row)) * Math.exp(-(t * t) / (2 * sd * sd))
      const before = weights.get(`${column},${row}`)?.weight ?? 0
      weights.set(`${column},${row}`, { x: column, y: row, weight: before + share })
    }
  }
  return normalised([...weights.values()])
}

/** Weighted mean of the pixels around each; the picture is mirrored at its edges. */
function filtered(picture: Raster, kernel: readonly Entry[]): Raster {
  const { width, height, rgb } = picture
  const sums = new Float32Array(rgb.length)
  for (const { x, y, weight } of kernel) {
    const columns = Int32Array.from({ length: width }, (_, column) => 3 * mirrored(column + x, width))
    for (let row = 0, at = 0; row < height; row++) {
      const line = 3 * width * mirrored(row + y, height)
      for (let column = 0; column < width; column++, at += 3) {
        const from = line + columns[column]
        sums[at] += weight * rgb[from]
        sums[at + 1] += weight * rgb[from + 1]
        sums[at + 2] += weight * rgb[from + 2]
      }
    }
  }
  return mapped(picture, (i) => sums[i])
}
