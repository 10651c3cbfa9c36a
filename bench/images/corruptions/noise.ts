import { normal } from '../../../detectors/random.js'
import { mapped } from '../pixels.js'
import { family } from './family.js'

/** Strength: standard deviation, where white is 1. */
export const gaussianNoise = family(
  'gaussian-noise',
  { photo: [0.08, 0.12, 0.18, 0.26, 0.38], mild: [0.01, 0.02, 0.035, 0.055, 0.08], tiny: [0.04, 0.06, 0.08, 0.09, 0.1] },
  (picture, sd, uniform) => mapped(picture, (i) => picture.rgb[i] + 255 * sd * normal(uniform)),
)

/** Strength: photons that white stands for. */
export const shotNoise = family(
  'shot-noise',
  { photo: [60, 25, 12, 5, 3], mild: [960, 400, 190, 100, 60], tiny: [500, 250, 100, 75, 50] },
  (picture, photons, uniform) => {
    const draw = poisson(uniform)
    return mapped(picture, (i) => (255 * draw((picture.rgb[i] / 255) * photons)) / photons)
  },
)

/** Strength: part of the values that become 0 or 255. */
export const impulseNoise = family(
  'impulse-noise',
  { photo: [0.03, 0.06, 0.09, 0.17, 0.27], mild: [0.004, 0.008, 0.013, 0.02, 0.03], tiny: [0.01, 0.02, 0.03, 0.05, 0.07] },
  (picture, part, uniform) =>
    mapped(picture, (i) => {
      const chance = uniform()
      if (chance >= part) return picture.rgb[i]
      return chance < part / 2 ? 0 : 255
    }),
)

/** Above this mean the normal distribution stands for Poisson's. */
const MANY = 64

/** Counts of a Poisson distribution of a given mean (Knuth). */
const poisson =
  (uniform: () => number) =>
  (mean: number): number => {
    if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(uniform)))
    const floor = Math.exp(-mean)
    let count = 0
    for (let product = uniform(); product > floor; product *= uniform()) count++
    return count
  }
