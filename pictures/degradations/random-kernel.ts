import { normal } from '../../detectors/random.js'
import type { Raster } from '../raster.js'
import { between } from './between.js'
import type { Degradation } from './degradation.js'

/** Convolution with a random 3 x 3 or 5 x 5 kernel: identity plus a deviation of sum 0 and norm about U(0.1, 0.7). */
export const randomKernel: Degradation = {
  name: 'random_kernel',
  apply(raster, random) {
    const side = random() < 0.5 ? 3 : 5
    const strength = between(random, 0.1, 0.7)
    const deviation = Array.from({ length: side * side }, () => normal(random))
    const mean = deviation.reduce((sum, value) => sum + value, 0) / deviation.length
    const centre = deviation.length >> 1
    const kernel = deviation.map((value, at) => (strength * (value - mean)) / side + (at === centre ? 1 : 0))
    return convolve(raster, kernel, side)
  },
}

/** The kernel is not mirrored; edges repeat. */
function convolve({ width, height, rgb }: Raster, kernel: readonly number[], side: number): Raster {
  const radius = side >> 1
  const line = width * 3
  const sums = new Float32Array(rgb.length)
  for (let dy = -radius, at = 0; dy <= radius; dy++)
    for (let dx = -radius; dx <= radius; dx++, at++) {
      const weight = kernel[at]
      for (let y = 0; y < height; y++) {
        const from = Math.min(height - 1, Math.max(0, y + dy)) * line
        const to = y * line
        for (let x = 0; x < width; x++) {
          const pixel = from + Math.min(width - 1, Math.max(0, x + dx)) * 3
          sums[to + x * 3] += weight * rgb[pixel]
          sums[to + x * 3 + 1] += weight * rgb[pixel + 1]
          sums[to + x * 3 + 2] += weight * rgb[pixel + 2]
        }
      }
    }
  return { width, height, rgb: new Uint8Array(new Uint8ClampedArray(sums).buffer) }
}
