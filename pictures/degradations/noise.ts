import { logBetween } from './between.js'
import type { Degradation } from './degradation.js'

/** Laplace noise, standard deviation e^U(ln 0.01, ln 0.25) of half the range; grey or in colour; half of it smoothed over 3 x 3 pixels. */
export const laplaceNoise: Degradation = {
  name: 'laplace_noise',
  apply({ width, height, rgb }, random) {
    const deviation = 127.5 * logBetween(random, 0.01, 0.25)
    const channels = random() < 0.5 ? 1 : 3
    const smooth = random() < 0.5
    const made = new Uint8ClampedArray(rgb.length)
    for (let channel = 0; channel < channels; channel++) {
      const white = new Float32Array(width * height)
      for (let pixel = 0; pixel < white.length; pixel++) white[pixel] = deviation * laplace(random)
      const noise = smooth ? boxed(white, width, height) : white
      for (let pixel = 0; pixel < noise.length; pixel++)
        for (let to = pixel * 3 + channel; to < pixel * 3 + 3; to += channels) made[to] = rgb[to] + noise[pixel]
    }
    return { width, height, rgb: new Uint8Array(made.buffer) }
  },
}

/** Of variance 1. */
function laplace(random: () => number): number {
  const u = random() - 0.5
  return -Math.SQRT1_2 * Math.sign(u) * Math.log(1 - 2 * Math.abs(u))
}

/** Sums over 3 x 3 neighbours, divided by 3: the variance stays. The picture's edges meet. */
function boxed(values: Float32Array, width: number, height: number): Float32Array {
  const rows = new Float32Array(values.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const line = y * width
      rows[line + x] = values[line + ((x + width - 1) % width)] + values[line + x] + values[line + ((x + 1) % width)]
    }
  const made = new Float32Array(values.length)
  for (let y = 0; y < height; y++) {
    const above = ((y + height - 1) % height) * width
    const line = y * width
    const below = ((y + 1) % height) * width
    for (let x = 0; x < width; x++) made[line + x] = (rows[above + x] + rows[line + x] + rows[below + x]) / 3
  }
  return made
}
