import type { Raster } from '../../pictures/raster.js'

/** The same picture with other values; they are rounded and cut to 0 .. 255. `value` is told the index of a channel of a pixel. */
export function mapped({ width, height, rgb }: Raster, value: (index: number) => number): Raster {
  const values = new Uint8ClampedArray(rgb.length)
  for (let i = 0; i < values.length; i++) values[i] = value(i)
  return { width, height, rgb: new Uint8Array(values.buffer) }
}

/** Index of a pixel before the first or beyond the last of n, as if the picture were mirrored there; at most one picture away. */
export const mirrored = (index: number, n: number): number => {
  const inside = index < 0 ? -1 - index : index >= n ? 2 * n - 1 - index : index
  return Math.min(Math.max(inside, 0), n - 1)
}
