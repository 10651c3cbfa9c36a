import { coarseLevels, rescaling } from './degradations/coarse.js'
import { colourMix, toneCurve } from './degradations/colour.js'
import type { Degradation } from './degradations/degradation.js'
import { laplaceNoise } from './degradations/noise.js'
import { radialGain } from './degradations/radial-gain.js'
import { randomKernel } from './degradations/random-kernel.js'

/**
 * Seven generic ways in which a picture gets worse, from which the corruption detector learns the directions of its subspace. They imitate no
 * camera fault in particular: blur, noise, exposure, colour, compression and scale, each in its widest form. Apply them before resizing,
 * to pictures not much larger than the network's input: resizing averages away what they did to a large one.
 */
export const degradations: readonly Degradation[] = [radialGain, randomKernel, laplaceNoise, toneCurve, colourMix, coarseLevels, rescaling]
