import type { Raster } from '../../../pictures/raster.js'

/**
 * How strong five severities are: near ImageNet-C for photos (Hendrycks and Dietterich 2019), weaker ones for pictures
 * from one fixed camera, whose severity 5 is ImageNet-C's 1, near CIFAR-10-C for 32 x 32.
 */
export const scales = ['photo', 'mild', 'tiny'] as const
export type Scale = (typeof scales)[number]

export const severities = [1, 2, 3, 4, 5] as const
export type Severity = (typeof severities)[number]

/** One kind of damage. `apply` is a pure function of its arguments; `uniform` is its only chance. The size of the picture stays. */
export interface Family {
  readonly name: string
  apply(picture: Raster, scale: Scale, severity: Severity, uniform: () => number): Raster | Promise<Raster>
}

/** One strength for each severity. */
export type Five<Strength> = readonly [Strength, Strength, Strength, Strength, Strength]

/** A family from its strengths and what one of them does. */
export const family = <Strength>(
  name: string,
  strengths: Readonly<Record<Scale, Five<Strength>>>,
  apply: (picture: Raster, strength: Strength, uniform: () => number) => Raster | Promise<Raster>,
): Family => ({ name, apply: (picture, scale, severity, uniform) => apply(picture, strengths[scale][severity - 1], uniform) })
