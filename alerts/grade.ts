import type { BudgetBar } from '../calibration/calibration.js'
import type { ChartName } from '../calibration/charts.js'
import type { AdaptationFinding } from '../calibration/slow-copy.js'
import { rounded } from './numbers.js'
import { rank, type Severity, severities } from './severity.js'
import { type Axes, axisNames, inLevels, leastSum, pointModel, type SeverityModel, sumOf, weighted } from './severity-model.js'

/** The chart that a score is of. */
export interface ChartFinding {
  readonly chart: ChartName
  /** The detector that it sits on. */
  readonly detector: string
  readonly value: number
  /** Data time (ms) and offset of the record with which it began to rise above 0. */
  readonly since: { readonly time: number; readonly offset: number }
}

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
  /** Where the rarest is a chart over a detector. */
  readonly chart?: ChartFinding | undefined
  /** Where the scores are of an adapted reference. */
  readonly adaptation?: AdaptationFinding | undefined
}

/**
 * What a severity rests on most; `feed`: trouble with the input, `budget`: a budget that is not held, `distance`: how far a reference was
 * adapted. No detector saw these.
 */
export const severityReasons = [...axisNames, 'feed', 'budget', 'distance'] as const
export type SeverityReason = (typeof severityReasons)[number]

/** What each input adds to the severity: levels above info, not only whole ones. */
export type Steps = Axes

export interface Grade {
  /** In levels, 0 <= score < 4, six digits: orders alerts within a level too. */
  readonly score: number
  /** The whole part of the score. */
  readonly severity: Severity
  readonly reason: SeverityReason
  readonly steps: Steps
}

export type Resolution = Pick<BudgetBar, 'budgetPerDay' | 'k' | 'status'>

/** False alarms that the calibration data must allow at a level before rarity alone may award it. */
const CERTIFIED = 3
/** Persistence of what fired once, and of what lasts. */
const ONCE = 1 / 12
const LASTING = 1 / 2
const HIGHEST = rank('critical')
/** The highest fraction that six digits keep below the next level. */
const LAST = 0.99999

/**
 * How severe an evaluation is. Monotone: rarer, stronger, longer or seen by more detectors is never less severe.
 *
 * | input       | levels above info                                                              |
 * | ----------- | ------------------------------------------------------------------------------ |
 * | rarity      | log10(B / lambda): one per factor of ten, at most the highest l with K / 10^l >= 3 |
 * | effect      | log2(score / limit): one per doubling                                          |
 * | persistence | one of the last 12 evaluations fired: 0; half of them or more: 1               |
 * | detectors   | two or more fire together: 1                                                   |
 *
 * The levels add up; the whole part of the sum is the severity, with three caps:
 * - a level that the calibration data cannot certify (B budget per day, K = B * span false alarms inside them) is never
 *   awarded by rarity: measured, its true rate is more than twice the nominal one in a third of streams;
 * - promotion past what rarity certifies ends at `error` unless the finding lasts: one glitch, however large, is no
 *   reason to wake somebody;
 * - without a budget (reference REFUSED) lambda means little: nothing goes above `warning`.
 *
 * Within the highest level that is allowed the sum approaches the next one without reaching it, so that order is kept.
 *
 * Persistence and agreement are the usual axes of severity beside rarity. Detectors share no unit of effect, so the
 * ratio to the limit stands in for it, doubled per level. A model learned from operators' ratings weighs the same
 * inputs otherwise; the caps stay.
 */
export function grade(evidence: Evidence, resolution: Resolution, model: SeverityModel = pointModel): Grade {
  const axes = axesOf(evidence, resolution)
  const plain = weighted(axes, model)
  const steps = { ...plain, rarity: Math.min(plain.rarity, leastSum(certifiedLevel(resolution.k), model)) }
  const sum = inLevels(sumOf(steps), model)
  const score = rounded(below(sum, highestLevel(axes.rarity, evidence.persistence, resolution)))
  return { score, severity: severities[Math.floor(score)], reason: largest(steps), steps }
}

type Findings = Pick<Evidence, 'falseAlarmsPerDay' | 'effect' | 'persistence'> & { readonly detectors: { readonly length: number } }

/** Each input on the common scale of the table. */
export const axesOf = (
  { falseAlarmsPerDay, effect, persistence, detectors }: Findings,
  { budgetPerDay, k }: Pick<Resolution, 'budgetPerDay' | 'k'>,
): Axes => ({
  rarity: between(0, Math.log10(budgetPerDay / falseAlarmsPerDay), certifiedLevel(k)),
  effect: Math.log2(between(1, effect, Number.MAX_VALUE)),
  persistence: between(0, (persistence - ONCE) / (LASTING - ONCE), 1),
  detectors: detectors.length >= 2 ? 1 : 0,
})

/** The rank of the highest severity whose rate the calibration data can certify. */
export function certifiedLevel(k: number): number {
  let level = 0
  while (level < HIGHEST && k / 10 ** (level + 1) >= CERTIFIED) level++
  return level
}

function highestLevel(rarity: number, persistence: number, { status }: Resolution): number {
  if (status === 'REFUSED') return rank('warning')
  return persistence >= LASTING || rarity >= HIGHEST ? HIGHEST : rank('error')
}

/** The identity up to `level`; from there on it approaches the next level, ever more slowly. */
const below = (sum: number, level: number): number => (sum <= level ? sum : level + Math.min(LAST, (sum - level) / (1 + sum - level)))

const between = (least: number, x: number, most: number): number => Math.max(least, Math.min(x, most))

/** The input with the most levels; the first of the table when several have. */
const largest = (steps: Steps): keyof Steps =>
  axisNames.reduce<keyof Steps>((best, input) => (steps[input] > steps[best] ? input : best), 'rarity')

/** The input that rose most from one grade to another. */
export const risen = (before: Steps, after: Steps): keyof Steps =>
  largest({
    rarity: after.rarity - before.rarity,
    effect: after.effect - before.effect,
    persistence: after.persistence - before.persistence,
    detectors: after.detectors - before.detectors,
  })

/** Trouble with the input has no rarity: its severity is set by what it is. */
export const feedGrade = (severity: Severity): Grade => gradeOf(severity, 'feed')

/** Nor has a budget that is not held. */
export const budgetGrade = (severity: Severity): Grade => gradeOf(severity, 'budget')

/** Nor has the distance of an adapted reference. */
export const distanceGrade = (severity: Severity): Grade => gradeOf(severity, 'distance')

const gradeOf = (severity: Severity, reason: 'feed' | 'budget' | 'distance'): Grade => ({
  score: rank(severity),
  severity,
  reason,
  steps: { rarity: 0, effect: 0, persistence: 0, detectors: 0 },
})
