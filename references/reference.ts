import type { Calibration, KindLogic } from '../calibration/calibration.js'
import type { ChartName } from '../calibration/charts.js'
import type { Adaptation } from '../calibration/slow-copy.js'
import type { Bank } from '../detectors/detector.js'
import type { Fitted } from '../detectors/stored.js'
import type { Whitening } from '../detectors/whitening.js'
import type { WindowShape } from '../detectors/window-shape.js'
import type { Inputs } from '../kinds/inputs.js'
import type { GroupCensus } from './groups.js'
import type { PictureBackbone } from './picture-backbone.js'

/** How scores become alarms. Part of the bundle: changing any of it invalidates the calibration. */
export interface AlarmLogic {
  readonly window: WindowShape
  readonly record: KindLogic
  readonly drift: KindLogic
  /** Over every window detector. */
  readonly charts?: readonly ChartName[]
}

export interface SelfTest {
  /** Largest shift of a whitened coordinate between the halves, in sigma. */
  readonly s1: number
  /** Share of one half's D² above the other's held-out 95 % point, over 5 %. */
  readonly s2: number
  /** The same for T² of windows, at the 90 % point. */
  readonly s3: number
  readonly passed: boolean
  /** The feature whose mean differs most between the halves. */
  readonly worstFeature: string
}

/** Where the reference came from, for people. */
export interface Provenance {
  readonly source: string
  /** Rows that were usable. */
  readonly rows: number
  readonly streams: number
  /** ISO 8601 event times of the earliest and the latest row, when the data has them. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly dropped: number
  /** Of the rows, those that lay too far from the others; only where they were declared unverified. */
  readonly purged?: number
  /** What of the rows belongs together, and was never held out from itself; only where groups were named. */
  readonly groups?: GroupCensus
  /** The references that it was merged from; none where it was fitted. */
  readonly parts: readonly Part[]
}

/** A fitted reference that went into a merged one. */
export interface Part {
  readonly version: string
  readonly source: string
  readonly rows: number
}

/** Rows for the parity check at load: synthetic (mean plus fixed multiples of sigma), never raw data. */
export interface Golden {
  /** rows x d */
  readonly inputs: Float64Array
  readonly rows: number
  /** Per record detector: expected float64 scores. */
  readonly expected: Readonly<Record<string, Float64Array>>
  /** Largest difference that still counts as reproduced, relative to the score (to 1 where it is smaller). */
  readonly tolerance: number
}

/** What normal is: a fitted, versioned, immutable bundle. */
export interface Reference {
  /** Hash of the bundle's content: the first 16 hexadecimal digits of its SHA-256. */
  readonly version: string
  /** When its bundle was first written, by the wall clock (ISO 8601): no part of its content, so the same rows have the same version. */
  readonly fittedAt?: string | undefined
  /** Columns of the model, in their order. Without `inputs` they are the features as decoded. */
  readonly features: readonly string[]
  /** What records hold and of which kinds it is, where kinds were declared: `mapOf` makes the columns of it. */
  readonly inputs?: Inputs
  /** What made the features, where records are pictures. */
  readonly backbone?: PictureBackbone
  /** Labels that it tells apart, in the order of their numbers, from 1 on; only where a detector is fitted on labels. */
  readonly labels?: readonly string[]
  readonly provenance: Provenance
  readonly logic: AlarmLogic
  /** Rate of the slow mean that is subtracted before scoring; 0 = none. */
  readonly detrend: number
  /** By which rows are mapped before scoring; all that follows was fitted to mapped rows. */
  readonly adaptation?: Adaptation
  readonly selfTest: SelfTest
  readonly whitening: Whitening
  readonly detectors: Readonly<Record<string, Fitted>>
  /** The rows that detectors were fitted on, standardised as by the whitening: for a merge. Only where a detector uses them. */
  readonly bank: Bank | undefined
  readonly calibration: Calibration
  readonly golden: Golden
  /** Names of features that never varied in the reference; they are not scored. */
  readonly constant: readonly string[]
}
