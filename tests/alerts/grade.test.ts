import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Evidence, grade, type Resolution } from '../../alerts/grade.js'
import { rank } from '../../alerts/severity.js'
import { pointModel, type SeverityModel } from '../../alerts/severity-model.js'
import { bar, evidence } from './builders.js'

/** 3,000 false alarms inside the calibration data: every level is certified. */
const plenty: Resolution = { budgetPerDay: 1, k: 3000, status: 'OK' }
const glitch = { effect: 1e6, detectors: ['gaussian', 'hotelling'] }

/** At the limit, for the first time, seen by one detector, at the budget: nothing but what a case changes. */
const least = (changed: Partial<Evidence>) => evidence({ falseAlarmsPerDay: 1, effect: 1, persistence: 0, ...changed })

const cases: [name: string, found: Partial<Evidence>, resolution: Resolution, severity: string, reason: string][] = [
  ['at the budget', {}, bar, 'info', 'rarity'],
  ['above the budget, where feedback lowered the bar', { falseAlarmsPerDay: 2 }, bar, 'info', 'rarity'],
  ['a tenth of the budget, certified', { falseAlarmsPerDay: 0.1 }, { ...bar, k: 30 }, 'warning', 'rarity'],
  ['just above a tenth of the budget', { falseAlarmsPerDay: 0.1001 }, plenty, 'info', 'rarity'],
  ['a tenth of the budget, one false alarm short of certified', { falseAlarmsPerDay: 0.1 }, { ...bar, k: 29.9 }, 'info', 'rarity'],
  ['a thousandth of the budget, certified', { falseAlarmsPerDay: 0.001 }, plenty, 'critical', 'rarity'],
  ['a thousandth of the budget, one false alarm short', { falseAlarmsPerDay: 0.001 }, { ...plenty, k: 2999 }, 'error', 'rarity'],
  ['rarer than any level', { falseAlarmsPerDay: 1e-300 }, plenty, 'critical', 'rarity'],
  ['rarer than the reference can tell', { falseAlarmsPerDay: 1e-300 }, bar, 'info', 'rarity'],
  ['twice the limit', { effect: 2 }, bar, 'warning', 'effect'],
  ['four times the limit', { effect: 4 }, bar, 'error', 'effect'],
  ['just under twice the limit', { effect: 1.999 }, bar, 'info', 'effect'],
  ['half of the last evaluations', { persistence: 0.5 }, bar, 'warning', 'persistence'],
  ['half a level of effect and half of persistence', { effect: Math.SQRT2 + 1e-9, persistence: 3.5 / 12 }, bar, 'warning', 'effect'],
  ['two detectors', { detectors: ['gaussian', 'hotelling'] }, bar, 'warning', 'detectors'],
  ['strong and lasting', { effect: 2, persistence: 0.5 }, bar, 'error', 'effect'],
  ['one enormous glitch', glitch, bar, 'error', 'effect'],
  ['a glitch beyond any number', { ...glitch, effect: Number.POSITIVE_INFINITY }, bar, 'error', 'effect'],
  ['one enormous glitch, rare as well', { ...glitch, falseAlarmsPerDay: 0.01 }, { ...bar, k: 300 }, 'error', 'effect'],
  ['enormous and lasting', { ...glitch, persistence: 0.5 }, bar, 'critical', 'effect'],
  [
    'everything at once, reference refused',
    { ...glitch, persistence: 1, falseAlarmsPerDay: 1e-9 },
    { ...plenty, status: 'REFUSED' },
    'warning',
    'effect',
  ],
  ['too little data to certify even info', {}, { ...bar, k: 0.5, status: 'UNVERIFIABLE' }, 'info', 'rarity'],
]

describe('grade', () => {
  it.each(cases)('%s', (_, found, resolution, severity, reason) => {
    expect(grade(least(found), resolution)).toMatchObject({ severity, reason })
  })

  it('adds up its inputs on one scale', () => {
    const { score, steps } = grade(least({ falseAlarmsPerDay: 0.5, effect: 1.5, persistence: 0.25 }), plenty)
    expect(steps).toEqual({ rarity: Math.log10(2), effect: Math.log2(1.5), persistence: expect.closeTo(0.4, 12), detectors: 0 })
    expect(score).toBeCloseTo(1.28599, 5)
  })

  const inputs = fc.record({
    decades: fc.double({ min: -2, max: 12, noNaN: true }),
    effect: fc.double({ min: 0, max: 10, noNaN: true }),
    twelfths: fc.integer({ min: 0, max: 12 }),
    detectors: fc.integer({ min: 0, max: 4 }),
  })
  const resolutions = fc.record({
    budgetPerDay: fc.constantFrom(0.1, 1, 24),
    k: fc.constantFrom(0.1, 3, 8, 30, 300, 3000, 1e6),
    status: fc.constantFrom('OK' as const, 'PROVISIONAL' as const, 'CEILING' as const, 'REFUSED' as const),
  })
  const weight = fc.oneof(fc.double({ min: 0, max: 5, noNaN: true }), fc.constant(1000))
  /** The default, and anything that may have been learned. */
  const models: fc.Arbitrary<SeverityModel> = fc.oneof(
    fc.constant(pointModel),
    fc.record({
      weights: fc.record({ rarity: weight, effect: weight, persistence: weight, detectors: weight }),
      cuts: fc
        .tuple(...([1e-9, 1e-9, 1e-9] as const).map((min) => fc.double({ min, max: 4, noNaN: true })))
        .map(([one, two, three]) => [one, one + two, one + two + three] as const),
    }),
  )
  const found = ({ decades, effect, twelfths, detectors }: { decades: number; effect: number; twelfths: number; detectors: number }) =>
    evidence({ falseAlarmsPerDay: 10 ** -decades, effect, persistence: twelfths / 12, detectors: Array(detectors).fill('one') })

  it('is monotone: no input that says "worse" ever lowers the severity', () => {
    fc.assert(
      fc.property(inputs, inputs, resolutions, models, (one, other, resolution, model) => {
        const worse = {
          decades: Math.max(one.decades, other.decades),
          effect: Math.max(one.effect, other.effect),
          twelfths: Math.max(one.twelfths, other.twelfths),
          detectors: Math.max(one.detectors, other.detectors),
        }
        const [graded, before] = [grade(found(worse), resolution, model), grade(found(one), resolution, model)]
        expect(graded.score).toBeGreaterThanOrEqual(before.score)
        expect(rank(graded.severity)).toBeGreaterThanOrEqual(rank(before.severity))
      }),
      { numRuns: 2000 },
    )
  })

  it('weighs its inputs by a model, and counts in its levels', () => {
    const model = { weights: { rarity: 0, effect: 2, persistence: 1, detectors: 0 }, cuts: [1, 2, 6] } as const
    const scoreOf = (changed: Partial<Evidence>) => grade(least(changed), plenty, model).score
    expect(scoreOf({ effect: 2 ** 0.25 })).toBe(0.5)
    expect(scoreOf({ effect: 2 })).toBe(2)
    expect(scoreOf({ effect: 4, persistence: 0.5 })).toBe(2.75)
    expect(scoreOf({ falseAlarmsPerDay: 1e-9, detectors: ['gaussian', 'hotelling'] })).toBe(0)
  })

  it('has the level that is the whole part of its score', () => {
    fc.assert(
      fc.property(inputs, resolutions, models, (one, resolution, model) => {
        const { score, severity } = grade(found(one), resolution, model)
        expect(Math.floor(score)).toBe(rank(severity))
      }),
      { numRuns: 2000 },
    )
  })

  it('orders findings within the highest level that is allowed', () => {
    const scores = [4, 5, 8, 64, 1e6].map((effect) => grade(least({ effect }), bar).score)
    expect(scores.toSorted((a, b) => a - b)).toEqual(scores)
    expect(new Set(scores.map(Math.floor))).toEqual(new Set([2]))
    expect(new Set(scores).size).toBe(5)
  })

  it('never goes above warning without a budget, nor to critical for what neither lasts nor is certified', () => {
    fc.assert(
      fc.property(inputs, resolutions, models, (one, resolution, model) => {
        const { score } = grade(found(one), resolution, model)
        const certified = resolution.k >= 3000 && 10 ** -one.decades <= resolution.budgetPerDay / 999
        if (resolution.status === 'REFUSED') expect(score).toBeLessThan(2)
        else if (one.twelfths < 6 && !certified) expect(score).toBeLessThan(3)
      }),
      { numRuns: 2000 },
    )
  })

  it('never reaches a level by rarity alone that the calibration cannot certify', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 300, noNaN: true }),
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        models,
        (decades, k, model) => {
          const level = rank(grade(least({ falseAlarmsPerDay: 10 ** -decades }), { budgetPerDay: 1, k, status: 'OK' }, model).severity)
          if (level > 0) expect(k / 10 ** level).toBeGreaterThanOrEqual(3)
        },
      ),
    )
  })
})
