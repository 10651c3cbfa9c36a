import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Evidence, grade, type Resolution } from '../../alerts/grade.js'
import { rank } from '../../alerts/severity.js'
import { bar, evidence } from './builders.js'

/** 3,000 false alarms inside the calibration data: every level is certified. */
const plenty: Resolution = { budgetPerDay: 1, k: 3000, status: 'OK' }
const glitch = { effect: 1e6, detectors: ['gaussian', 'hotelling'] }

const cases: [name: string, found: Partial<Evidence>, resolution: Resolution, severity: string, reason: string][] = [
  ['at the budget', {}, bar, 'info', 'rarity'],
  ['above the budget, where feedback lowered the bar', { falseAlarmsPerDay: 2 }, bar, 'info', 'rarity'],
  ['a tenth of the budget, certified', { falseAlarmsPerDay: 0.1 }, { ...bar, k: 30 }, 'warning', 'rarity'],
  ['just above a tenth of the budget', { falseAlarmsPerDay: 0.1001 }, plenty, 'info', 'rarity'],
  ['a tenth of the budget, one false alarm short of certified', { falseAlarmsPerDay: 0.1 }, { ...bar, k: 29.9 }, 'info', 'rarity'],
  ['a thousandth of the budget, certified', { falseAlarmsPerDay: 0.001 }, plenty, 'critical', 'rarity'],
  ['a thousandth of the budget, one level short', { falseAlarmsPerDay: 0.001 }, { ...plenty, k: 2999 }, 'error', 'rarity'],
  ['rarer than any level', { falseAlarmsPerDay: 1e-300 }, plenty, 'critical', 'rarity'],
  ['rarer than the reference can tell', { falseAlarmsPerDay: 1e-300 }, bar, 'info', 'rarity'],
  ['twice the limit', { effect: 2 }, bar, 'warning', 'effect'],
  ['four times the limit', { effect: 4 }, bar, 'error', 'effect'],
  ['just under twice the limit', { effect: 1.999 }, bar, 'info', 'rarity'],
  ['half of the last evaluations', { persistence: 0.5 }, bar, 'warning', 'persistence'],
  ['two detectors', { detectors: ['gaussian', 'hotelling'] }, bar, 'warning', 'detectors'],
  ['strong and lasting', { effect: 2, persistence: 0.5 }, bar, 'error', 'effect'],
  ['one enormous glitch', glitch, bar, 'error', 'effect'],
  ['one enormous glitch, rare as well', { ...glitch, falseAlarmsPerDay: 0.01 }, { ...bar, k: 300 }, 'error', 'rarity'],
  ['enormous and lasting', { ...glitch, persistence: 0.5 }, bar, 'critical', 'effect'],
  [
    'everything at once, reference refused',
    { ...glitch, persistence: 1, falseAlarmsPerDay: 1e-9 },
    { ...plenty, status: 'REFUSED' },
    'warning',
    'rarity',
  ],
  ['too little data to certify even info', {}, { ...bar, k: 0.5, status: 'UNVERIFIABLE' }, 'info', 'rarity'],
]

describe('grade', () => {
  it.each(cases)('%s', (_, found, resolution, severity, reason) => {
    expect(grade(evidence(found), resolution)).toMatchObject({ severity, reason })
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
  const found = ({ decades, effect, twelfths, detectors }: { decades: number; effect: number; twelfths: number; detectors: number }) =>
    evidence({ falseAlarmsPerDay: 10 ** -decades, effect, persistence: twelfths / 12, detectors: Array(detectors).fill('one') })

  it('is monotone: no input that says "worse" ever lowers the severity', () => {
    fc.assert(
      fc.property(inputs, inputs, resolutions, (one, other, resolution) => {
        const worse = {
          decades: Math.max(one.decades, other.decades),
          effect: Math.max(one.effect, other.effect),
          twelfths: Math.max(one.twelfths, other.twelfths),
          detectors: Math.max(one.detectors, other.detectors),
        }
        expect(rank(grade(found(worse), resolution).severity)).toBeGreaterThanOrEqual(rank(grade(found(one), resolution).severity))
      }),
      { numRuns: 2000 },
    )
  })

  it('never reaches critical by rarity alone where the calibration cannot certify it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 300, noNaN: true }), fc.double({ min: 0, max: 2999, noNaN: true }), (decades, k) => {
        const alone = evidence({ falseAlarmsPerDay: 10 ** -decades, effect: 1, persistence: 0, detectors: ['gaussian'] })
        expect(grade(alone, { budgetPerDay: 1, k, status: 'OK' }).severity).not.toBe('critical')
      }),
    )
  })
})
