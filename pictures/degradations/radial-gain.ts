import { normal } from '../../detectors/random.js'
import type { Raster } from '../raster.js'
import { curve } from './curve.js'
import type { Degradation } from './degradation.js'
import { type Complex, filterRadially } from './fourier.js'

const knots = 5
const spread = 0.7

/** A random smooth gain of the radial frequency: log gain N(0, 0.7²) at five knots, from the mean, which is kept, to the corners. */
export const radialGain: Degradation = {
  name: 'radial_gain',
  apply(raster, random) {
    const logs = Array.from({ length: knots }, () => spread * normal(random))
    const table = curve(logs, gains).map(Math.exp)
    const gain = (frequency: number) => (frequency === 0 ? 1 : table[Math.round((frequency / Math.SQRT1_2) * (gains - 1))])
    // Two channels share a transform, one in each part.
    const pairs = [filterRadially(padded(raster, 0, 1), gain), filterRadially(padded(raster, 2, 2), gain)]
    return cut(raster, [pairs[0].real, pairs[0].imaginary, pairs[1].real], pairs[0].width)
  },
}

const gains = 1024

const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n))

/** Two channels in the middle of an image whose sides are powers of two, mirrored around, so that the edges meet without a step. */
function padded({ width, height, rgb }: Raster, one: number, other: number): Complex {
  const size = { width: powerOfTwo(width), height: powerOfTwo(height) }
  const real = new Float64Array(size.width * size.height)
  const imaginary = new Float64Array(size.width * size.height)
  const columns = mirrored(width, size.width)
  const rows = mirrored(height, size.height)
  for (let y = 0, to = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++, to++) {
      const from = (rows[y] * width + columns[x]) * 3
      real[to] = rgb[from + one]
      imaginary[to] = rgb[from + other]
    }
  return { real, imaginary, ...size }
}

const margin = (n: number): number => (powerOfTwo(n) - n) >> 1

/** Which of n places each of the padded ones repeats. */
function mirrored(n: number, to: number): Int32Array {
  const places = new Int32Array(to)
  for (let i = 0; i < to; i++) {
    const at = i - margin(n)
    places[i] = at < 0 ? -1 - at : at >= n ? 2 * n - 1 - at : at
  }
  return places
}

function cut({ width, height }: Raster, channels: readonly Float64Array[], line: number): Raster {
  const rgb = new Uint8ClampedArray(width * height * 3)
  const first = margin(height) * line + margin(width)
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = first + y * line + x
      for (const channel of channels) rgb[to++] = channel[from]
    }
  return { width, height, rgb: new Uint8Array(rgb.buffer) }
}
