import type { OpenGraph } from '../backbones/graph-runner.js'
import type { OpenMoments } from '../backbones/moments.js'
import type { Degraded } from '../detectors/detector.js'
import type { MatMul } from '../detectors/matmul.js'
import type { Shrinkage } from '../detectors/shrinkage.js'
import type { Inputs } from '../kinds/inputs.js'
import type { PictureBackbone } from './picture-backbone.js'
import type { AlarmLogic, SelfTest } from './reference.js'

export interface FitOptions {
  /** Names of the columns, in the order of the row's values. */
  readonly features: readonly string[]
  /** What the columns are made of, where kinds of features were declared. */
  readonly inputs?: Inputs | undefined
  /** Names of detectors. */
  readonly detectors: readonly string[]
  /** 'auto': what suits the number of rows per feature. */
  readonly shrinkage: 'auto' | Shrinkage
  readonly logic: AlarmLogic
  /** What made the rows of pictures. */
  readonly backbone?: PictureBackbone | undefined
  /** Of pictures, where a detector is fitted on degraded ones. */
  readonly degraded?: Degraded | undefined
  /** Recency of the slow copies by which each stream is followed; undefined: the reference stays as it is. */
  readonly adapt?: number | undefined
  /** The rows may hold anomalies: a fifth of them, those far from the others, is dropped. */
  readonly unverified?: boolean
  /** Records per day over all streams; from the event times where it is not declared. */
  readonly rowsPerDay?: number | undefined
  /** Where the rows came from, for people. */
  readonly source: string
}

/** What a fit computes with, and whom it tells how far it is. */
export interface FitTools {
  readonly matmul: MatMul
  readonly openGraph: OpenGraph
  readonly openMoments: OpenMoments
  /** The self-test ends early when a rate passes. */
  progress?(phase: FitPhase, done: number, total: number): void
  /** Told of the self-test at each rate of the slow mean that was tried, 0 (none) first. */
  tested?(rate: number, selfTest: SelfTest): void
}
export type FitPhase = 'self-test' | 'calibration'
