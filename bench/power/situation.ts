import type { Normals } from '../../connectors/generator/random.js'

/** A window of m records, row-major. */
export type Draw = (normal: Normals, m: number) => Float64Array

/** Power at windows of 64 and of 256 records, as the study has it. */
export type Figures = readonly [number, number]

/** One way in which a window can differ from the reference. */
export interface Drift {
  /** In the metrics' names. */
  readonly key: string
  readonly title: string
  readonly draw: Draw
  /** By columns of this table; the study's own rows only. */
  readonly study?: { readonly hotelling: Figures; readonly distances: Figures; readonly 'covariance, all directions': Figures }
  /** A change of nothing but the mix of usual situations: not for each user a drift, so that not seeing it is no fault. */
  readonly mixOnly?: true
}

/** A kind of stream: how it usually is, and ways in which it drifts. */
export interface Situation {
  readonly title: string
  readonly usual: Draw
  readonly drifts: readonly Drift[]
}
