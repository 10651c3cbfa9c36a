import type { BudgetFinding, BudgetVerdict } from '../calibration/budget-watch.js'
import type { AlarmKind, CalibrationStatus } from '../calibration/calibration.js'
import type { ChartName } from '../calibration/charts.js'
import type { AdaptationFinding } from '../calibration/slow-copy.js'
import type { SeverityReason } from './grade.js'
import { isAnomaly, type Severity } from './severity.js'
import type { Transition, TransitionReason } from './transition.js'

/** One feature's share of a score; of the detector `label-mix` one label's, of pictures that of a group of a backbone's features. */
export interface Contribution {
  /** Of labels `label=NAME`, `no label` or `other labels`. Of a group: sigma and value are those of its feature that deviates most. */
  readonly feature: string
  /** Its part of the score; the parts of all features sum to the score. May be negative. */
  readonly share: number
  /** How far the feature itself is from its reference mean, in reference standard deviations, signed. */
  readonly sigma: number
  /** Where the spread of a window has changed: the feature's standard deviation around the window's own mean, over that of the reference. */
  readonly spread?: number
  /** The value seen (of a window: its mean), in the feature's own unit; of a label its part of the window's records. */
  readonly value: number
  /** Of the detector `features`: the chance of so large a change of this feature in one window without drift, at most; never 0. */
  readonly pValue?: number
}

/** One of the records that an alert is about. */
export interface WorstRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The record's own id, where the codec reads one. */
  readonly id?: string
  readonly time: string
  readonly score: number
  /** Of pictures, where `pictures.heatmaps` is set: where the heatmap is, a URL or a path. The file may be missing. */
  readonly heatmap?: string
  /** The heatmap itself as a data: URI, of the first record only; where `pictures.heatmaps.attach` is set, and it is at hand and small enough. */
  readonly heatmapImage?: string
}

interface AlertBase {
  readonly alertId: string
  readonly dedupKey: string
  readonly transition: Transition
  readonly reason: TransitionReason
  /** One line for a person. */
  readonly summary: string
  readonly monitor: string
  readonly stream: string
  readonly severity: Severity
  /** The highest that it has been. */
  readonly peakSeverity: Severity
  /** What the severity rests on most. */
  readonly severityReason: SeverityReason
  /** Every detector that took part; none of kinds `feed`, `calibration` and `adaptation`. */
  readonly detectors: readonly string[]
  /** Data time of the record that opened the alert, and of the one that caused this event (ISO 8601). */
  readonly since: string
  readonly at: string
  /** The features that moved the score most, at most 8. */
  readonly contributions: readonly Contribution[]
  /** The rarest records so far, at most 5. */
  readonly worst: readonly WorstRecord[]
  /** The record that caused this event. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly referenceVersion: string
  readonly configVersion: string
}

/** The sequential chart that the score is of. */
export interface ChartEvidence {
  readonly name: ChartName
  /** The window detector that it sits on. */
  readonly detector: string
  /** In windows of the longest length; at most 16 for a sum. */
  readonly value: number
  /** Since when it has been above 0: data time (ISO 8601) and offset of the record that ended that window. */
  readonly risingSince: string
  readonly risingSinceOffset: number
}

/** A deploy shortly before the event. It says when things happened, not what caused what. */
export interface DeployEvidence {
  readonly version: string
  readonly note?: string
  /** When, as its message says (ISO 8601). */
  readonly at: string
  /** Data time from the deploy to this event, in seconds. */
  readonly ago: number
  /** Whether the alert was open before the deploy. */
  readonly openedBefore: boolean
  /** Whether the stream's scores jumped at the deploy; only when there are enough of them on both sides. */
  readonly jump?: {
    /** How far, in standard deviations of a record's score in the reference; above 0: more unusual than before. */
    readonly effect: number
    /** Chance of so large a jump where there is none; never 0. */
    readonly pValue: number
    /** pValue < 0.01, and no other place fits a jump better. */
    readonly found: boolean
    /** Not found at the deploy, but on this side of it. */
    readonly elsewhere?: 'before' | 'after'
  }
}

export interface AnomalyEvidence {
  /** False alarms per day that the detector would raise at this score on clean data; never 0. */
  readonly falseAlarmsPerDay: number
  /** The smallest rate that the reference can certify: below it, read "rarer than". */
  readonly resolutionPerDay: number
  /** Chance of so high a score under the reference; never 0. */
  readonly pValue: number
  readonly score: number
  /** Score over its limit: 1 = at the limit. */
  readonly effect: number
  /** Share of the last evaluations over the limit, 0 to 1. */
  readonly persistence: number
  /** How severe this evaluation is, in levels from 0 (info) to below 4; finer than `severity`, which falls with a delay. */
  readonly severityScore: number
  /** Only where the rarest score is that of a chart. */
  readonly chart?: ChartEvidence
  /** Only where the reference is adapted: the copy that the stream's records are scored by. */
  readonly adaptation?: AdaptationFinding
  /** Only of an event shortly after a deploy. */
  readonly deploy?: DeployEvidence
  /** Without a reference: what the record was compared with. Only of a record over the limit. */
  readonly ownPast?: OwnPastEvidence
}

/** Ways to look at the last values of a series; in words: `alerts/summary.ts`. */
export type PastView = 'level' | 'wide_range' | 'range_by_hour' | 'shape_by_hour'

/** What a series' own past says of its latest moment. */
export interface OwnPastEvidence {
  /** Records of the past. */
  readonly records: number
  /** Moments of the past that it was compared with. */
  readonly moments: number
  /** The view in which the moment is most unlike them, and when the nearest of them in it was (ISO 8601). */
  readonly view: PastView
  readonly nearest: string
}

/** An alert about anomalous records, or about the drift of a stream. */
export interface AnomalyData extends AlertBase {
  readonly kind: AlarmKind
  readonly evidence: AnomalyEvidence
  readonly budgetPerDay: number
  /** What the reference makes of the budget; `REFUSED`: the alert is unbudgeted, its rarity means little. */
  readonly calibration: CalibrationStatus
}

export type FeedEvidence = (
  | {
      readonly trouble: 'data_missing'
      /** Silence, in seconds of wall-clock time, after which data counts as missing. */
      readonly silenceLimit: number
    }
  | {
      readonly trouble: 'rejects_high'
      readonly rejectedShare: number
      /** Records that the share is taken over. */
      readonly records: number
      /** Most frequent first. */
      readonly reasons: readonly { readonly reason: string; readonly count: number }[]
    }
) & { readonly deploy?: DeployEvidence }

/** An alert about the input itself: nothing arrives, or what arrives cannot be used. */
export interface FeedData extends AlertBase {
  readonly kind: 'feed'
  readonly evidence: FeedEvidence
}

/** What the last records of a partition say about the budget. */
export interface CalibrationEvidence extends BudgetVerdict {
  readonly trouble: 'calibration_off'
  /** At the end: what it was. */
  readonly finding: BudgetFinding
  readonly deploy?: DeployEvidence
}

/** An alert about the alerts: their rate is not the one that the reference was calibrated to. */
export interface CalibrationData extends AlertBase {
  readonly kind: 'calibration'
  readonly evidence: CalibrationEvidence
  readonly budgetPerDay: number
}

/** How far a stream's slow copy of the reference has gone. */
export interface AdaptationEvidence extends AdaptationFinding {
  readonly trouble: 'adapted_far'
  /** The distance that opens the alert; it ends below half of it. */
  readonly farthest: number
}

/** An alert about the reference: what counts as normal for the stream is no longer what was fitted. */
export interface AdaptationData extends AlertBase {
  readonly kind: 'adaptation'
  readonly evidence: AdaptationEvidence
}

/** What an alert says; every field is a function of the input, the configuration and the reference alone. */
export type AlertData = AnomalyData | FeedData | CalibrationData | AdaptationData

export const isAnomalyData = (data: AlertData): data is AnomalyData => isAnomaly(data.kind)

/** A CloudEvents 1.0 event in structured JSON form. Same input, same configuration: same id and same bytes. */
export interface AlertEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: `io.driftwatch.alert.${Transition}`
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: AlertData
}
