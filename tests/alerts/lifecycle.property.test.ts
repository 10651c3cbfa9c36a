import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeAnomaly, serialise } from '../../alerts/compose.js'
import { type Evidence, grade } from '../../alerts/grade.js'
import { type AlertState, advance, type Change, type LifePolicy, type Observation } from '../../alerts/lifecycle.js'
import { rank } from '../../alerts/severity.js'
import { bar, source } from './builders.js'

interface Step {
  readonly kind: 'record' | 'drift'
  readonly evidence: Evidence
  readonly observation: Observation
}

/** Evaluations in data order with any evidence, in any order of outcomes: also those that no alarm produces. */
const sequences = fc
  .array(
    fc.record({
      kind: fc.constantFrom('record' as const, 'drift' as const),
      outcome: fc.constantFrom(...(['quiet', 'opened', 'sustained', 'sustained', 'waiting', 'waiting', 'cleared', 'settled'] as const)),
      decades: fc.double({ min: -3, max: 20, noNaN: true }),
      score: fc.double({ noNaN: true }),
      effect: fc.double({ min: 0, max: 6, noNaN: true }),
      twelfths: fc.integer({ min: 0, max: 12 }),
      detectors: fc.subarray(['gaussian', 'hotelling', 'near3']),
      id: fc.option(fc.string(), { nil: undefined }),
      wait: fc.integer({ min: 0, max: 200_000 }),
    }),
    { maxLength: 60 },
  )
  .map((drawn) => {
    let time = Date.UTC(2026, 0, 1)
    return drawn.map(({ kind, outcome, decades, score, effect, twelfths, detectors, id, wait }, i): Step => {
      time += wait
      const evidence = {
        falseAlarmsPerDay: 10 ** -decades,
        pValue: 10 ** -decades / 1e6,
        score,
        effect,
        persistence: twelfths / 12,
        detectors,
      }
      const at = { offset: 100 + i, time }
      const records = outcome === 'quiet' ? [] : [{ ...at, score, decades, ...(id !== undefined && { id }) }]
      return { kind, evidence, observation: { cause: 'alarm', outcome, grade: grade(evidence, bar), at, detectors, records } }
    })
  })
const policies = fc.record({ lowerAfter: fc.integer({ min: 1, max: 4 }), updateEvery: fc.integer({ min: 1, max: 600_000 }) })

type States = Record<'record' | 'drift', AlertState | undefined>
interface Told {
  readonly kind: 'record' | 'drift'
  readonly change: Change
  readonly before: AlertState | undefined
  readonly bytes: string
}

/** Runs a sequence; `between` stands for what happens to the states between two evaluations. */
function run(steps: readonly Step[], policy: LifePolicy, between: (states: States) => States = (states) => states): Told[] {
  let states: States = { record: undefined, drift: undefined }
  const told: Told[] = []
  for (const { kind, evidence, observation } of steps) {
    states = between(states)
    const before = states[kind]
    const of = { ...source, kind }
    const { state, change } = advance(before, observation, policy, of)
    states = { ...states, [kind]: state }
    if (change === undefined) continue
    const contributions = [{ feature: 'queue_depth', share: observation.at.offset, sigma: 4.1, value: 12 }]
    told.push({
      kind,
      change,
      before,
      bytes: serialise(composeAnomaly(of, change, { evidence, severityScore: observation.grade.score, contributions, bar })),
    })
  }
  return told
}

const restored = (states: States): States => ({ record: throughJson(states.record), drift: throughJson(states.drift) })
const throughJson = (state: AlertState | undefined) => (state === undefined ? undefined : (JSON.parse(JSON.stringify(state)) as AlertState))

describe('the life of alerts, whatever the evidence', () => {
  it('has at most one open alert per kind: an opening is followed by at most one end, and nothing comes in between lives', () => {
    fc.assert(
      fc.property(sequences, policies, (steps, policy) => {
        const open: Record<string, string | undefined> = {}
        const ended = new Set<string>()
        for (const { kind, change } of run(steps, policy)) {
          const { id } = change.alert
          expect(ended).not.toContain(id)
          expect(open[kind]).toBe(change.type === 'opened' ? undefined : id)
          open[kind] = change.type === 'resolved' ? undefined : id
          if (change.type === 'resolved') ended.add(id)
        }
      }),
    )
  })

  it('opens and ends only when the alarm does', () => {
    fc.assert(
      fc.property(sequences, policies, (steps, policy) => {
        const outcomes = new Map(steps.map(({ observation }) => [observation.at.offset, observation.outcome]))
        for (const { change } of run(steps, policy)) {
          const outcome = outcomes.get(change.at.offset)
          if (change.type === 'opened') expect(outcome).toBe('opened')
          expect(change.type === 'resolved').toBe(change.reason === outcome)
        }
      }),
    )
  })

  it('counts its events one by one, rises to any level, and falls one level at a time', () => {
    fc.assert(
      fc.property(sequences, policies, (steps, policy) => {
        for (const { change, before } of run(steps, policy)) {
          expect(change.alert.sequence).toBe((before?.sequence ?? 0) + 1)
          if (before === undefined) continue
          const rise = rank(change.alert.severity) - rank(before.severity)
          if (change.type === 'escalated') expect(rise).toBeGreaterThan(0)
          else expect(rise).toBe(change.reason === 'lowered' ? -1 : 0)
          expect(rank(change.alert.peak)).toBe(Math.max(rank(before.peak), rank(change.alert.severity)))
        }
      }),
    )
  })

  it('says that it goes on no more often than the policy allows', () => {
    fc.assert(
      fc.property(sequences, policies, (steps, policy) => {
        for (const { change, before } of run(steps, policy))
          if (change.reason === 'ongoing') expect(change.at.time - (before?.lastEvent ?? 0)).toBeGreaterThanOrEqual(policy.updateEvery)
      }),
    )
  })

  it('gives every event an id of its own, and the same bytes when replayed', () => {
    fc.assert(
      fc.property(sequences, policies, (steps, policy) => {
        const first = run(steps, policy).map(({ bytes }) => bytes)
        expect(run(steps, policy).map(({ bytes }) => bytes)).toEqual(first)
        expect(new Set(first.map((bytes) => JSON.parse(bytes).id)).size).toBe(first.length)
      }),
    )
  })

  it('goes on unchanged from a state that was written as JSON and read back', () => {
    fc.assert(
      fc.property(sequences, policies, (steps, policy) => {
        expect(run(steps, policy, restored)).toEqual(run(steps, policy))
      }),
    )
  })

  it('stays within a bounded size', () => {
    fc.assert(
      fc.property(sequences, policies, (steps, policy) => {
        for (const { change } of run(steps, policy)) expect(JSON.stringify(change.alert).length).toBeLessThan(16_384)
      }),
    )
  })
})
