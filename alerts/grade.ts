import type { BudgetBar } from '../calibration/calibration.js'
import { rank, type Severity, severities } from './severity.js'

/** What one evaluation of one stream and kind found. */
export interface Evidence {
  /** lambda of the rarest detector: alerts per day that it would open on clean data with its threshold at this score. */
  readonly falseAlarmsPerDay: number
  readonly pValue: number
  /** The rarest detector's score, on its own scale. */
  readonly score: number
  /** That score over its limit: 1 = at the limit. */
  readonly effect: number
  /** Share of the last 12 evaluations that fired, 0 to 1. */
  readonly persistence: number
  /** Names of the detectors that fire now, each once. */
  readonly detectors: readonly string[]
}

/** What a severity rests on most; `feed`: trouble with the input, which no detector saw. */
export const severityReasons = ['rarity', 'effect', 'persistence', 'detectors', 'feed'] as const
export type SeverityReason = (typeof severityReasons)[number]

/** Levels above info that each input gives. */
export type Steps = Readonly<Record<Exclude<SeverityReason, 'feed'>, number>>

export interface Grade {
  readonly severity: Severity
  readonly reason: SeverityReason
  readonly steps: Steps
}

export type Resolution = Pick<BudgetBar, 'budgetPerDay' | 'k' | 'status'>

/** False alarms that the calibration data must allow at a level before rarity alone may award it. */
const CERTIFIED = 3
const LASTING = 1 / 2

/**
 * How severe an evaluation is. Monotone: rarer, stronger, longer or seen by more detectors is never less severe.
 *
 * | input       | levels above info                                                                          |
 * | ----------- | ------------------------------------------------------------------------------------------ |
 * | rarity      | the highest l with lambda <= B / 10^l and K / 10^l >= 3                                      |
 * | effect      | score at 2 times its limit: 1; at 4 times: 2                                               |
 * | persistence | at least half of the last 12 evaluations fired: 1                                          |
 * | detectors   | two or more fire together: 1                                                               |
 *
 * The levels add up, with three caps:
 * - a level that the calibration data cannot certify (B budget per day, K = B * span false alarms inside them) is never
 *   awarded by rarity: measured, its true rate is more than twice the nominal one in a third of streams;
 * - promotion past what rarity certifies ends at `error` unless the finding lasts: one glitch, however large, is no
 *   reason to wake somebody;
 * - without a budget (reference REFUSED) lambda means little: nothing goes above `warning`.
 *
 * Persistence and agreement are the usual axes of severity beside rarity. Detectors share no unit of effect, so the
 * ratio to the limit stands in for it, doubled per level.
 */
export function grade(evidence: Evidence, resolution: Resolution): Grade {
  const steps: Steps = {
    rarity: certifiedLevel(evidence.falseAlarmsPerDay, resolution),
    effect: evidence.effect >= 4 ? 2 : evidence.effect >= 2 ? 1 : 0,
    persistence: evidence.persistence >= LASTING ? 1 : 0,
    detectors: evidence.detectors.length >= 2 ? 1 : 0,
  }
  const promoted = steps.rarity + steps.effect + steps.persistence + steps.detectors
  const ceiling = evidence.persistence >= LASTING ? rank('critical') : rank('error')
  const level = Math.max(steps.rarity, Math.min(promoted, ceiling))
  const budgeted = resolution.status === 'REFUSED' ? Math.min(level, rank('warning')) : level
  return { severity: severities[budgeted], reason: largest(steps), steps }
}

function certifiedLevel(lambda: number, { budgetPerDay, k }: Resolution): number {
  let level = 0
  while (level < rank('critical') && lambda <= budgetPerDay / 10 ** (level + 1) && k / 10 ** (level + 1) >= CERTIFIED) level++
  return level
}

const inputs = ['rarity', 'effect', 'persistence', 'detectors'] as const

/** The input with the most levels; the first of the table when several have. */
const largest = (steps: Steps): keyof Steps => inputs.reduce((best, input) => (steps[input] > steps[best] ? input : best))

/** The input that rose most from one grade to another. */
export const risen = (before: Steps, after: Steps): keyof Steps =>
  largest({
    rarity: after.rarity - before.rarity,
    effect: after.effect - before.effect,
    persistence: after.persistence - before.persistence,
    detectors: after.detectors - before.detectors,
  })

/** Trouble with the input has no rarity: its severity is set by what it is. */
export const feedGrade = (severity: Severity): Grade => ({
  severity,
  reason: 'feed',
  steps: { rarity: 0, effect: 0, persistence: 0, detectors: 0 },
})
