import type { TransitionReason } from './lifecycle.js'
import type { AlertKind, Severity } from './severity.js'

export const transitions = ['opened', 'escalated', 'updated', 'resolved'] as const
export type Transition = (typeof transitions)[number]

/** One feature's share of a score. */
export interface Contribution {
  readonly feature: string
  /** Its part of the score; the parts of all features sum to the score. May be negative. */
  readonly share: number
  /** How far the feature itself is from its reference mean, in reference standard deviations, signed. */
  readonly sigma: number
  /** The value seen (of a window: its mean), in the feature's own unit. */
  readonly value: number
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
}

/** What an alert says; every field is a function of the input, the configuration and the reference alone. */
export interface AlertData {
  readonly alertId: string
  readonly dedupKey: string
  readonly transition: Transition
  readonly reason: TransitionReason
  /** One line for a person. */
  readonly summary: string
  readonly monitor: string
  readonly stream: string
  readonly kind: AlertKind
  readonly severity: Severity
  /** What the severity rests on, e.g. "rarity", "effect". */
  readonly severityReason: string
  readonly detectors: readonly string[]
  /** Data time of the record that opened the alert, and of the one that caused this event (ISO 8601). */
  readonly since: string
  readonly at: string
  readonly evidence: {
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
  }
  readonly contributions: readonly Contribution[]
  readonly worst: readonly WorstRecord[]
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly budgetPerDay: number
  readonly calibration: string
  readonly referenceVersion: string
  readonly configVersion: string
}

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
