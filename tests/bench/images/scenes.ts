import { uniforms } from '../../../detectors/random.js'
import type { Raster } from '../../../pictures/raster.js'

/** A picture with edges, gradients, colours and texture; another for each seed. */
export function scene(seed: number, width = 48, height = 40): Raster {
  const uniform = uniforms(seed)
  const [phase, tilt, red, blue] = [6 * uniform(), uniform(), 0.5 + uniform() / 2, 0.5 + uniform() / 2]
  const rgb = new Uint8Array(3 * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const stripes = 30 * Math.sin(phase + (x + tilt * y) / 2) + 30 * Math.sin(phase + (tilt * x - y) / 9)
      const disc = Math.hypot(x - width / 2, y - height / 2) < height / 4 ? 60 : 0
      const value = 90 + stripes + disc + 10 * uniform()
      rgb.set([red * value, value * 0.8, blue * value].map(Math.round), 3 * (y * width + x))
    }
  }
  return { width, height, rgb }
}
