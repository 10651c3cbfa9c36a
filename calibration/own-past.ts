import { type AlarmOutcome, type StreamAlarm, step } from './alarm.js'
import type { BudgetBar, KindLogic } from './calibration.js'

/** By what a stream's own past decides, where there is no reference. */
export interface OwnPastLimit {
  /** Least score of an alert, however rare. */
  readonly level: number
  readonly budgetPerDay: number
  /** Scores that are looked at per day, over all streams and features of the monitor. */
  readonly evaluationsPerDay: number
  /** Least data time from one alert of a stream to the next, ms. */
  readonly refractory: number
}

/** Width of the bins in which scores are counted. */
const BIN = 0.05

/** Numbers in the counts of scores from `least` to `most`. */
export const binsOf = (least: number, most: number): number => Math.ceil((most - least) / BIN) + 1

/** How many scores were how high. */
class Histogram {
  readonly counts: Float64Array

  constructor(
    private readonly least: number,
    most: number,
    counts?: Float64Array,
  ) {
    this.counts = counts?.slice() ?? new Float64Array(binsOf(least, most))
  }

  add(score: number): void {
    this.counts[this.#binOf(score)]++
  }

  /** Scores that were as high, those of the same bin included: rather too many than too few. */
  from(score: number): number {
    let count = 0
    for (let bin = this.#binOf(score); bin < this.counts.length; bin++) count += this.counts[bin]
    return count
  }

  #binOf(score: number): number {
    return Math.min(this.counts.length - 1, Math.max(0, Math.floor((score - this.least) / BIN)))
  }
}

/** What is kept of a series' past scores. */
export interface OwnScoresState {
  /** Scores. */
  readonly count: number
  /** The last would-be alert: when it began (ms) and its highest score. None: -8.64e15 and 0. */
  readonly began: number
  readonly peak: number
  /** How many scores, and how many highest scores of would-be alerts before the last, were how high. */
  readonly scores: Float64Array
  readonly peaks: Float64Array
}

const BEFORE_ALL = -8.64e15

/**
 * The past scores of one series, by which the next one is judged. A would-be alert begins with a score at the level, and lasts until
 * the next one may begin, a refractory time later: what the level alone would have opened. How often the past held as strong a one
 * is the rate of alerts that a limit at this score would have had.
 */
export class OwnScores {
  readonly #scores: Histogram
  readonly #peaks: Histogram
  #count: number
  #began: number
  #peak: number

  /** @param range lowest and highest score that there is */
  constructor(range: readonly [number, number], state?: OwnScoresState) {
    this.#scores = new Histogram(...range, state?.scores)
    this.#peaks = new Histogram(...range, state?.peaks)
    this.#count = state?.count ?? 0
    this.#began = state?.began ?? BEFORE_ALL
    this.#peak = state?.peak ?? 0
  }

  /** Judges a score by those before it, then learns it. @param time data time in ms, which does not fall */
  judge(score: number, time: number, limit: OwnPastLimit): OwnJudgement {
    const spanDays = (1 + this.#count) / limit.evaluationsPerDay
    const fresh = time - this.#began >= limit.refractory
    // The would-be alert that this score belongs to does not count against it.
    const asStrong = 1 + this.#peaks.from(score) + (fresh && this.#peak >= score ? 1 : 0)
    const p = (1 + this.#scores.from(score)) / (1 + this.#count)
    this.#learn(score, time, fresh, limit.level)
    const over = score >= limit.level && asStrong <= Math.max(1, limit.budgetPerDay * spanDays)
    return { p, perDay: asStrong / spanDays, spanDays, over }
  }

  state(): OwnScoresState {
    const { counts: scores } = this.#scores
    const { counts: peaks } = this.#peaks
    return { count: this.#count, began: this.#began, peak: this.#peak, scores: scores.slice(), peaks: peaks.slice() }
  }

  #learn(score: number, time: number, fresh: boolean, level: number): void {
    this.#count++
    this.#scores.add(score)
    if (score < level) return
    if (!fresh) {
      this.#peak = Math.max(this.#peak, score)
      return
    }
    if (this.#began > BEFORE_ALL) this.#peaks.add(this.#peak)
    this.#began = time
    this.#peak = score
  }
}

/** What a series' past says of its next score. */
export interface OwnJudgement {
  /** Conformal p-value: the chance of so high a score, where it is exchangeable with the past ones. */
  readonly p: number
  /** Would-be alerts per day that were as strong, this one included, counted over so many days' worth of records. */
  readonly perDay: number
  readonly spanDays: number
  /** Whether that is enough for an alert: at the level, and within the budget or, where the past is too short to tell, stronger than all. */
  readonly over: boolean
}

/** What a past of so many days makes of the budget: as of a calibration on a reference, by the number of alerts that it allows in it. */
export function ownPastBar(budgetPerDay: number, spanDays: number): Pick<BudgetBar, 'budgetPerDay' | 'k' | 'status' | 'resolutionPerDay'> {
  const k = budgetPerDay * spanDays
  return { budgetPerDay, k, status: k < 1 ? 'UNVERIFIABLE' : k < RELIABLE ? 'PROVISIONAL' : 'OK', resolutionPerDay: 1 / spanDays }
}

/** Alerts that the budget must allow in the past for their rate to be known well. */
const RELIABLE = 8

/** Keeps further alerts away for a time after one has opened. Plain JSON. */
export interface Quiet {
  /** Data time until which no other opens that is not much stronger, ms. */
  until: number
  /** The strongest effect since the last one opened. */
  strongest: number
}

/** What is so many times as strong as the last alert ever was opens another one at any time. */
const STRONGER = 2

/**
 * Folds one evaluation into the stream's record alarm, in place. After an alert has opened, none opens for the refractory time
 * unless it is twice as strong as that one has been.
 */
export function stepOwnPast(
  alarm: StreamAlarm,
  quiet: Quiet,
  { over, effect, time }: { readonly over: boolean; readonly effect: number; readonly time: number },
  logic: KindLogic,
  refractory: number,
): AlarmOutcome {
  const wasOpen = alarm.record.open
  const counts = over && (wasOpen || time >= quiet.until || effect > STRONGER * quiet.strongest)
  const outcome = step(alarm, 'record', { a: counts ? 1 : 0, effect }, { ...OVER, logic: { record: logic, drift: logic } })
  if (outcome === 'opened') {
    quiet.until = time + refractory
    quiet.strongest = effect
  } else if (wasOpen) quiet.strongest = Math.max(quiet.strongest, effect)
  return outcome
}

/** Whether an evaluation is over its limit is decided already: a tells only that. */
const OVER = { bar: 0.5, relativeClearing: true, decay: 0 }
