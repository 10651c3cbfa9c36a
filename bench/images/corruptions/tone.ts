import type { Raster } from '../../../pictures/raster.js'
import { mapped } from '../pixels.js'
import { family } from './family.js'

/** Strength: what is added to the value of HSV, where white is 1. */
export const bright = family(
  'bright',
  { photo: [0.1, 0.2, 0.3, 0.4, 0.5], mild: [0.02, 0.04, 0.06, 0.08, 0.1], tiny: [0.05, 0.1, 0.15, 0.2, 0.3] },
  (picture, more) => lit(picture, more),
)

/** Strength: what is taken from the value of HSV. */
export const dark = family(
  'dark',
  { photo: [0.1, 0.2, 0.3, 0.4, 0.5], mild: [0.02, 0.04, 0.06, 0.08, 0.1], tiny: [0.05, 0.1, 0.15, 0.2, 0.3] },
  (picture, less) => lit(picture, -less),
)

/** Strength: what remains of each channel's distance to its mean. */
export const contrast = family(
  'contrast',
  { photo: [0.4, 0.3, 0.2, 0.1, 0.05], mild: [0.9, 0.8, 0.7, 0.55, 0.4], tiny: [0.75, 0.5, 0.4, 0.3, 0.15] },
  (picture, part) => {
    const sums = [0, 0, 0]
    for (let i = 0; i < picture.rgb.length; i++) sums[i % 3] += picture.rgb[i]
    const means = sums.map((sum) => (3 * sum) / picture.rgb.length)
    return mapped(picture, (i) => means[i % 3] + part * (picture.rgb[i] - means[i % 3]))
  },
)

/** Strength: factor of the saturation of HSV, and what is added to it. What is grey stays grey. */
export const saturated = family<readonly [number, number]>(
  'saturated',
  {
    photo: [
      [1.5, 0],
      [2, 0],
      [3, 0.05],
      [5, 0.1],
      [20, 0.2],
    ],
    mild: [
      [1.1, 0],
      [1.2, 0],
      [1.3, 0],
      [1.4, 0],
      [1.5, 0],
    ],
    tiny: [
      [1.2, 0],
      [1.5, 0],
      [1.75, 0.05],
      [2, 0.1],
      [2.5, 0.2],
    ],
  },
  (picture, [factor, more]) => coloured(picture, (saturation) => factor * saturation + more),
)

/** Strength: what remains of the saturation of HSV. */
export const faded = family(
  'faded',
  { photo: [0.7, 0.5, 0.3, 0.1, 0], mild: [0.95, 0.9, 0.85, 0.8, 0.7], tiny: [0.7, 0.5, 0.3, 0.1, 0] },
  (picture, part) => coloured(picture, (saturation) => part * saturation),
)

/** The value of HSV is the largest of the three channels; hue and saturation stay. */
const lit = (picture: Raster, more: number): Raster =>
  perPixel(picture, ({ largest }) => {
    const value = Math.min(Math.max(largest + 255 * more, 0), 255)
    return largest === 0 ? { offset: value, factor: 0 } : { offset: 0, factor: value / largest }
  })

/** The saturation of HSV is the distance of the smallest channel to the largest, over the largest; hue and value stay. */
const coloured = (picture: Raster, saturate: (saturation: number) => number): Raster =>
  perPixel(picture, ({ largest, smallest }) => {
    if (largest === smallest) return { offset: 0, factor: 1 }
    const saturation = (largest - smallest) / largest
    const factor = Math.min(Math.max(saturate(saturation), 0), 1) / saturation
    return { offset: largest * (1 - factor), factor }
  })

interface Range {
  readonly largest: number
  readonly smallest: number
}

/** Each pixel's channels become offset + factor x channel. */
function perPixel(picture: Raster, line: (range: Range) => { readonly offset: number; readonly factor: number }): Raster {
  const { rgb } = picture
  let now = { offset: 0, factor: 1 }
  return mapped(picture, (i) => {
    if (i % 3 === 0) {
      const [red, green, blue] = [rgb[i], rgb[i + 1], rgb[i + 2]]
      now = line({ largest: Math.max(red, green, blue), smallest: Math.min(red, green, blue) })
    }
    return now.offset + now.factor * rgb[i]
  })
}
