import { short } from '../../alerts/words.js'
import type { CalibrationStatus } from '../../calibration/calibration.js'
import { atLeast, atMost, type Estimate } from '../../references/block-estimate.js'

/** What a reference makes of data that it is to serve. */
export interface Served {
  readonly folder: string
  /** Share of the evaluations among its rarest 5 %, over 5 %. */
  readonly excess: Estimate
  /** Alerts opened, what the budget allows, and the 90 % interval of the true number. */
  readonly alerts: number
  readonly allowed: number
  readonly likely: readonly [number, number]
  /** What its calibration makes of the budget, and the share of it that it can open. */
  readonly status: CalibrationStatus
  readonly reachable: number
  /** Its spread beside that of the first reference, geometric mean over all directions; undefined where they score other features. */
  readonly spread: number | undefined
}

/** As the halves of a reference must agree (calibration/self-test.ts). */
const EXCESS = [0.5, 1.6] as const
const ALERTS = [0.5, 2] as const
const LEAST_ALLOWED = 1
/** By which a reference must be finer to be better. */
export const FINER = 0.95

/** Why a reference does not describe the data, if it does not even by the kindest estimate. */
export function misfit({ excess, alerts, allowed, likely, status, reachable }: Served): string | undefined {
  if (status === 'REFUSED') return 'promises no rate: its halves disagree'
  if (atLeast(excess) > EXCESS[1]) return 'finds too much of it rare'
  if (atMost(excess) < EXCESS[0]) return 'is too wide: finds hardly any of it rare'
  if (reachable < ALERTS[0]) return `cannot open more than ${short(100 * reachable)} % of the budget`
  if (allowed < LEAST_ALLOWED) return undefined
  if (likely[0] > ALERTS[1] * allowed) return `opens ${alerts} alerts where the budget allows ${short(allowed)}`
  return undefined
}

/** The one that serves best: of those that describe the data the finest, the earlier one where two are as fine; undefined where none does. */
export const best = (all: readonly Served[]): Served | undefined =>
  all
    .filter((one) => misfit(one) === undefined)
    .reduce<Served | undefined>(
      (kept, one) => (kept === undefined || (one.spread ?? 1) < FINER * (kept.spread ?? 1) ? one : kept),
      undefined,
    )
