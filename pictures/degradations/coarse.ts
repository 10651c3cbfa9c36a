import type { Raster } from '../raster.js'
import { resize } from '../resize.js'
import { between, logBetween } from './between.js'
import type { Degradation } from './degradation.js'

/** What poor compression does: 6 to 40 levels a channel, or small coefficients of 4 x 4 blocks taken away. */
export const coarseLevels: Degradation = {
  name: 'coarse_levels',
  apply(raster, random) {
    if (random() < 0.5) return quantised(raster, Math.floor(between(random, 6, 41)))
    return blockwise(raster, 127.5 * logBetween(random, 0.02, 0.3))
  },
}

function quantised({ width, height, rgb }: Raster, levels: number): Raster {
  const step = 255 / (levels - 1)
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.round(Math.round(value / step) * step))
  return { width, height, rgb: rgb.map((value) => table[value]) }
}

/** Soft threshold of every coefficient but the mean of the orthonormal 4 x 4 Hadamard transform; what is left over at the edges stays. */
function blockwise({ width, height, rgb }: Raster, threshold: number): Raster {
  const made = new Uint8ClampedArray(rgb)
  const block = new Float64Array(16)
  for (let y = 0; y + 4 <= height; y += 4)
    for (let x = 0; x + 4 <= width; x += 4)
      for (let channel = 0; channel < 3; channel++) {
        const first = (y * width + x) * 3 + channel
        for (let i = 0; i < 16; i++) block[i] = rgb[first + ((i >> 2) * width + (i & 3)) * 3]
        hadamard(block)
        for (let i = 1; i < 16; i++) block[i] = Math.sign(block[i]) * Math.max(0, Math.abs(block[i]) - threshold)
        hadamard(block)
        for (let i = 0; i < 16; i++) made[first + ((i >> 2) * width + (i & 3)) * 3] = block[i]
      }
  return { width, height, rgb: new Uint8Array(made.buffer) }
}

/** Orthonormal and its own inverse: of 16 numbers it is the 4 x 4 transform, rows and columns at once. */
function hadamard(block: Float64Array): void {
  for (let span = 1; span < 16; span *= 2)
    for (let i = 0; i < 16; i++)
      if ((i & span) === 0) {
        const a = block[i]
        const b = block[i + span]
        block[i] = (a + b) * Math.SQRT1_2
        block[i + span] = (a - b) * Math.SQRT1_2
      }
}

/** Shrunk to 0.45 to 0.9 of each side and enlarged again. */
export const rescaling: Degradation = {
  name: 'rescaling',
  apply(raster, random) {
    const { width, height } = raster
    const ratio = between(random, 0.45, 0.9)
    const small = { width: Math.max(1, Math.round(width * ratio)), height: Math.max(1, Math.round(height * ratio)) }
    const kernel = random() < 0.5 ? 'bilinear' : 'bicubic'
    return { width, height, rgb: resize({ ...small, rgb: resize(raster, small, kernel) }, { width, height }, kernel) }
  },
}
