import type { Calibration } from '../calibration/calibration.js'
import type { Fitted } from '../detectors/detector.js'
import type { Whitening } from '../detectors/whitening.js'

/** How scores become alarms. Part of the bundle: changing any of it invalidates the calibration. */
export interface AlarmLogic {
  /** Window length m in records and the step between evaluations (m is a multiple of hop). */
  readonly window: { readonly size: number; readonly hop: number }
  /** Per kind: an alarm needs k of the last n evaluations; an episode ends after `gap` evaluations without one. */
  readonly record: KindLogic
  readonly drift: KindLogic
}
export interface KindLogic {
  readonly k: number
  readonly n: number
  readonly gap: number
}

export interface SelfTest {
  /** Largest shift of a whitened coordinate between the halves, in sigma, and the feature with the largest shift. */
  readonly s1: number
  readonly s2: number
  readonly s3: number
  readonly passed: boolean
  readonly worstFeature: string
}

/** Where the reference came from, for people. */
export interface Provenance {
  readonly source: string
  readonly rows: number
  readonly streams: number
  /** ISO 8601 event times of the first and last row, when the data has them. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly dropped: number
}

/** Rows for the parity check at load: synthetic (mean plus fixed multiples of sigma), never raw data. */
export interface Golden {
  /** rows x d */
  readonly inputs: Float64Array
  readonly rows: number
  /** Per record detector: expected float64 scores. */
  readonly expected: Readonly<Record<string, Float64Array>>
  /** Largest relative difference that still counts as reproduced. */
  readonly tolerance: number
}

/** What normal is: a fitted, versioned, immutable bundle. */
export interface Reference {
  /** Hash of the bundle's content. */
  readonly version: string
  readonly features: readonly string[]
  readonly provenance: Provenance
  readonly logic: AlarmLogic
  /** Rate of the slow mean that is subtracted before scoring; 0 = none. */
  readonly detrend: number
  readonly selfTest: SelfTest
  readonly whitening: Whitening
  readonly detectors: Readonly<Record<string, Fitted>>
  readonly calibration: Calibration
  readonly golden: Golden
  /** Names of features that never varied in the reference; they are not scored. */
  readonly constant: readonly string[]
}
