import { type Evidence, grade, type Resolution } from '../../alerts/grade.js'
import type { AlertSource } from '../../alerts/identity.js'
import type { AlertState, Change, LifePolicy, Observation } from '../../alerts/lifecycle.js'
import { advance } from '../../alerts/lifecycle.js'
import type { AlarmOutcome } from '../../calibration/alarm.js'

/** A reference that allows 8 false alarms inside its data: rarity alone certifies nothing above info. */
export const bar = { budgetPerDay: 1, k: 8, status: 'OK', resolutionPerDay: 3 / 8 } as const satisfies Resolution & {
  resolutionPerDay: number
}

export const source = {
  monitor: 'payments',
  stream: 'checkout-eu',
  kind: 'record',
  topic: 'features',
  partition: 3,
  configVersion: 'c1',
  referenceVersion: 'r1',
} as const satisfies AlertSource

export const policy: LifePolicy = { lowerAfter: 3, updateEvery: 60_000 }

export const evidence = (changed: Partial<Evidence> = {}): Evidence => ({
  falseAlarmsPerDay: 0.9,
  pValue: 1e-3,
  score: 30,
  effect: 1.1,
  persistence: 1 / 12,
  detectors: ['gaussian'],
  ...changed,
})

/** An evaluation at the given second; its offset is the same number. */
export function seen(second: number, outcome: AlarmOutcome, changed: Partial<Evidence> = {}): Observation {
  const found = evidence(changed)
  return {
    cause: 'alarm',
    outcome,
    grade: grade(found, bar),
    at: { offset: second, time: Date.UTC(2026, 0, 1) + 1000 * second },
    detectors: found.detectors,
    records: [
      { offset: second, time: Date.UTC(2026, 0, 1) + 1000 * second, score: found.score, decades: -Math.log10(found.falseAlarmsPerDay) },
    ],
  }
}

/** Runs a life from the start; returns the changes and the state at the end. */
export function live(observations: readonly Observation[], of: AlertSource = source): { changes: Change[]; state: AlertState | undefined } {
  const changes: Change[] = []
  let state: AlertState | undefined
  for (const observation of observations) {
    const step = advance(state, observation, policy, of)
    state = step.state
    if (step.change !== undefined) changes.push(step.change)
  }
  return { changes, state }
}

export const told = (changes: readonly Change[]): string[] =>
  changes.map(({ type, reason, alert }) => `${type} ${reason} ${alert.severity}`)
