import type { AlarmOutcome } from '../calibration/alarm.js'
import {
  BLOCKS_WATCHED,
  type BudgetBlock,
  type BudgetFinding,
  type BudgetMeasure,
  type BudgetVerdict,
  judgeBudget,
  recovered,
} from '../calibration/budget-watch.js'
import type { CalibrationEvidence } from './event.js'
import { budgetGrade } from './grade.js'
import type { Observation, Position } from './lifecycle.js'

/** By what the rate of alerts is judged. */
export interface BudgetPolicy extends BudgetMeasure {
  /** Names reference and budget: what was counted under others says nothing about these. */
  readonly version: string
}

/** Of one partition. Plain JSON, bounded. */
export interface BudgetState {
  readonly version: string
  /** Alerts that the budget allows in a full block. */
  readonly allowed: number
  /** Evaluated records in the block that is being filled, and what they brought. */
  readonly filled: number
  readonly counts: BudgetBlock
  /** The last full blocks, oldest first. */
  readonly full: readonly BudgetBlock[]
  /** While the budget is not held: what was found last, and for how many blocks. */
  readonly trouble?: { readonly finding: BudgetFinding; readonly age: number }
  /** Latest event time of an evaluated record, ms. */
  readonly time: number
}

const nothing: BudgetBlock = { alerts: 0, open: 0, pegged: 0 }

export const noBudgetState: BudgetState = { version: '', allowed: 0, filled: 0, counts: nothing, full: [], time: 0 }

export interface BudgetNews {
  readonly observation: Observation
  readonly evidence: CalibrationEvidence
}

/** Blocks after which trouble that lasts is worth a warning. */
const LASTING = 20

/**
 * Counts a partition's evaluated records into blocks, and the alerts that they opened. Time is counted in records: budget and
 * records per day are both sums over all streams, so each record carries the same part of the budget (see `feedbackDecay`).
 * A replay or a restart gives the same news.
 */
export class BudgetWatch {
  #filled: number
  #alerts: number
  #open: number
  #pegged: number
  #full: readonly BudgetBlock[]
  #trouble: BudgetState['trouble']
  #time: number

  constructor(
    state: BudgetState,
    private readonly policy: BudgetPolicy,
  ) {
    const known = state.version === policy.version
    const { filled, counts, full } = known ? state : noBudgetState
    this.#filled = filled
    this.#alerts = counts.alerts
    this.#open = counts.open
    this.#pegged = counts.pegged
    this.#full = full
    this.#trouble = state.trouble
    this.#time = state.time
  }

  state(): BudgetState {
    return {
      version: this.policy.version,
      allowed: this.policy.allowed,
      filled: this.#filled,
      counts: { alerts: this.#alerts, open: this.#open, pegged: this.#pegged },
      full: this.#full,
      ...(this.#trouble !== undefined && { trouble: this.#trouble }),
      time: this.#time,
    }
  }

  /**
   * Folds the next evaluated record; returns what is worth an alert's attention.
   * @param opened alerts that it opened
   * @param open, pegged how it left its stream
   */
  add(offset: number, time: number, opened: number, open: boolean, pegged: boolean): BudgetNews | undefined {
    this.#time = Math.max(this.#time, time)
    this.#alerts += opened
    if (open) this.#open++
    if (pegged) this.#pegged++
    if (++this.#filled < this.policy.block) return undefined
    this.#full = [...this.#full, { alerts: this.#alerts, open: this.#open, pegged: this.#pegged }].slice(-BLOCKS_WATCHED)
    this.#filled = this.#alerts = this.#open = this.#pegged = 0
    return this.#judge({ offset, time: this.#time })
  }

  #judge(at: Position): BudgetNews | undefined {
    const before = this.#trouble
    const recent = before && recovered(this.#full, this.policy)
    this.#full = recent ?? this.#full
    const verdict = judgeBudget(this.#full, this.policy)
    const finding = verdict.finding ?? before?.finding
    if (finding === undefined) return undefined
    const age = before === undefined ? 0 : before.age + 1
    this.#trouble = recent === undefined ? { finding, age } : undefined
    return {
      observation: {
        cause: 'calibration_off',
        outcome: outcomeOf(verdict, before !== undefined, recent !== undefined),
        grade: budgetGrade(age >= LASTING && finding !== 'under' ? 'warning' : 'info'),
        at,
        detectors: [],
        records: [],
      },
      evidence: { ...verdict, finding, trouble: 'calibration_off' },
    }
  }
}

/** The end of an alert about a budget that nothing is measured by any more. */
export const unwatched = (finding: BudgetFinding, at: Position): BudgetNews => ({
  observation: { cause: 'calibration_off', outcome: 'settled', grade: budgetGrade('info'), at, detectors: [], records: [] },
  evidence: { trouble: 'calibration_off', finding, records: 0, alerts: 0, allowed: 0, eValue: 1, inAlarm: 0, pegged: 0 },
})

function outcomeOf({ finding }: BudgetVerdict, wasOpen: boolean, isOver: boolean): AlarmOutcome {
  if (!wasOpen) return 'opened'
  if (isOver) return 'cleared'
  return finding === undefined ? 'waiting' : 'sustained'
}

/** Alerts opened over those that the budget allowed, in the full blocks of several partitions; 0 before there is one. */
export function budgetUse(states: Iterable<BudgetState>): number {
  let [alerts, budget] = [0, 0]
  for (const { full, allowed } of states) {
    budget += full.length * allowed
    for (const block of full) alerts += block.alerts
  }
  return budget === 0 ? 0 : alerts / budget
}
