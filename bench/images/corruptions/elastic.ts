import { mapped, mirrored } from '../pixels.js'
import { family } from './family.js'

/** Strength: standard deviation of the shift of a pixel, in pixels. */
export const elastic = family(
  'elastic',
  { photo: [0.4, 0.6, 0.8, 1.1, 1.9], mild: [0.1, 0.15, 0.2, 0.3, 0.4], tiny: [0.15, 0.25, 0.35, 0.5, 0.7] },
  (picture, sd, uniform) => {
    const { width, height, rgb } = picture
    const [across, down] = [shifts(width, height, sd, uniform), shifts(width, height, sd, uniform)]
    return mapped(picture, (i) => {
      const pixel = Math.floor(i / 3)
      const [x, y] = [(pixel % width) + across[pixel], Math.floor(pixel / width) + down[pixel]]
      const [left, top] = [Math.floor(x), Math.floor(y)]
      const value = (row: number, column: number) => rgb[3 * (mirrored(row, height) * width + mirrored(column, width)) + (i % 3)]
      const upper = value(top, left) + (x - left) * (value(top, left + 1) - value(top, left))
      const lower = value(top + 1, left) + (x - left) * (value(top + 1, left + 1) - value(top + 1, left))
      return upper + (y - top) * (lower - upper)
    })
  },
)

/** Pixels over which neighbours move together: that of ImageNet-C's severities 3 to 5. */
const SMOOTH = 2.44
const REACH = Math.ceil(3 * SMOOTH)

/** One smooth field of chance with this standard deviation, height x width. */
function shifts(width: number, height: number, sd: number, uniform: () => number): Float64Array {
  const bell = Array.from({ length: 2 * REACH + 1 }, (_, i) => Math.exp(-((i - REACH) ** 2) / (2 * SMOOTH * SMOOTH)))
  const length = Math.hypot(...bell)
  // A uniform number on -1 .. 1 has variance 1/3; weights of length 1 keep it.
  const weights = bell.map((value) => value / length)
  const chance = Float64Array.from({ length: width * height }, () => Math.sqrt(3) * sd * (2 * uniform() - 1))
  const rows = smoothed(chance, weights, { lines: height, length: width, next: 1, nextLine: width })
  return smoothed(rows, weights, { lines: width, length: height, next: width, nextLine: 1 })
}

/** How values lie in memory along the direction in which they are smoothed. */
interface Layout {
  readonly lines: number
  readonly length: number
  readonly next: number
  readonly nextLine: number
}

/** Weighted sums of each value's neighbours on its line, which is mirrored at its ends. */
function smoothed(values: Float64Array, weights: readonly number[], { lines, length, next, nextLine }: Layout): Float64Array {
  const sums = new Float64Array(values.length)
  for (const [k, weight] of weights.entries()) {
    for (let at = 0; at < length; at++) {
      const from = mirrored(at + k - REACH, length) * next
      for (let line = 0; line < lines; line++) sums[line * nextLine + at * next] += weight * values[line * nextLine + from]
    }
  }
  return sums
}
