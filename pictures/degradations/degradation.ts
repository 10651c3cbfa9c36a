import type { Raster } from '../raster.js'

export interface Degradation {
  readonly name: string
  /** A degraded copy of the same size, of random kind and strength; `random` gives uniform numbers on [0, 1). */
  apply(raster: Raster, random: () => number): Raster
}
