import { uniforms } from '../../../detectors/random.js'
import type { Raster } from '../../../pictures/raster.js'
import { defocusBlur, gaussianBlur, motionBlur } from './blur.js'
import { elastic } from './elastic.js'
import type { Family, Scale, Severity } from './family.js'
import { fog } from './fog.js'
import { gaussianNoise, impulseNoise, shotNoise } from './noise.js'
import { jpeg, pixelate } from './resampling.js'
import { bright, contrast, dark, faded, saturated } from './tone.js'

/** The fifteen families of the paired protocol. */
export const families: readonly Family[] = [
  gaussianNoise,
  shotNoise,
  impulseNoise,
  defocusBlur,
  motionBlur,
  gaussianBlur,
  bright,
  dark,
  contrast,
  saturated,
  faded,
  pixelate,
  jpeg,
  fog,
  elastic,
]

/** The picture, damaged; of the same size, and the same for the same seed. */
export const corrupt = async (picture: Raster, family: Family, scale: Scale, severity: Severity, seed: number): Promise<Raster> =>
  family.apply(picture, scale, severity, uniforms(seed))
