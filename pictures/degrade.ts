import { uniforms } from '../detectors/random.js'
import { coarseLevels, rescaling } from './degradations/coarse.js'
import { colourMix, toneCurve } from './degradations/colour.js'
import type { Degradation } from './degradations/degradation.js'
import { laplaceNoise } from './degradations/noise.js'
import { radialGain } from './degradations/radial-gain.js'
import { randomKernel } from './degradations/random-kernel.js'
import { covering } from './preprocess.js'
import type { Raster } from './raster.js'
import { resize } from './resize.js'

/**
 * Seven generic ways in which a picture gets worse, from which the corruption detector learns the directions of its subspace. They imitate no
 * camera fault in particular: blur, noise, exposure, colour, compression and scale, each in its widest form. Apply them before resizing,
 * to pictures not much larger than the network's input: resizing averages away what they did to a large one.
 */
export const degradations: readonly Degradation[] = [radialGain, randomKernel, laplaceNoise, toneCurve, colourMix, coarseLevels, rescaling]

/** Of each degradation, with strengths of its own. */
const VERSIONS = 2
/** Beyond a shorter side of `MOST` pixels a picture is shrunk to one of `SHRUNK` first. */
const [MOST, SHRUNK] = [320, 256]

/** The picture as degradations are applied to it. */
export function degradable(raster: Raster): Raster {
  if (Math.min(raster.width, raster.height) <= MOST) return raster
  const size = covering(raster, SHRUNK, SHRUNK)
  return { ...size, rgb: resize(raster, size, 'bilinear') }
}

/** Each degradation of a degradable picture, twice. */
export function degraded(raster: Raster, seed: number): Raster[] {
  const random = uniforms(seed)
  return degradations.flatMap(({ apply }) => Array.from({ length: VERSIONS }, () => apply(raster, random)))
}
