import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AlarmOutcome,
  type AlarmParams,
  feedbackDecay,
  isPegged,
  newStreamAlarm,
  persistence,
  relax,
  step,
} from '../../calibration/alarm.js'
import { episodeCurve } from '../../calibration/episode-curve.js'
import { kOfN } from '../../calibration/k-of-n.js'
import { uniform } from './series.js'

const params = (changes: Partial<AlarmParams> = {}): AlarmParams => ({
  bar: 0,
  logic: { record: { k: 1, n: 1, gap: 3 }, drift: { k: 1, n: 1, gap: 2 } },
  relativeClearing: false,
  decay: 0,
  ...changes,
})

/** Outcomes of a series of a values, each with an effect of 10^a unless given. */
const run = (
  series: readonly number[],
  settings: AlarmParams,
  effects = series.map((a) => 10 ** a),
  alarm = newStreamAlarm(),
): AlarmOutcome[] => series.map((a, t) => step(alarm, 'record', { a, effect: effects[t] }, settings))

describe('alarm of a stream', () => {
  test('opens as often as the episode curve says, for any series, gap, k of n and bar', () => {
    const logic = fc
      .integer({ min: 1, max: 5 })
      .chain((n) => fc.record({ n: fc.constant(n), k: fc.integer({ min: 1, max: n }), gap: fc.integer({ min: 1, max: 6 }) }))
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }),
        logic,
        fc.integer({ min: -1, max: 9 }),
        (series, kind, half) => {
          const settings = params({ bar: half / 2, logic: { record: kind, drift: kind } })
          const curve = episodeCurve([kOfN(Float64Array.from(series), kind.k, kind.n)], kind.gap)
          expect(run(series, settings).filter((outcome) => outcome === 'opened').length).toBe(curve.countAt(half / 2))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('is open from its opening to its closing, and survives JSON at any point', () => {
    const series = fc.array(
      fc.record({ a: fc.double({ min: -2, max: 4, noNaN: true }), kind: fc.constantFrom('record' as const, 'drift' as const) }),
      { maxLength: 80 },
    )
    fc.assert(
      fc.property(series, fc.boolean(), fc.constantFrom(0, 0.01), (evaluations, relativeClearing, decay) => {
        const settings = params({ relativeClearing, decay, logic: { record: { k: 2, n: 3, gap: 3 }, drift: { k: 1, n: 1, gap: 2 } } })
        const [straight, stored] = [false, true].map((throughJson) => {
          let alarm = newStreamAlarm()
          return evaluations.map(({ a, kind }) => {
            const wasOpen = alarm[kind].open
            const outcome = step(alarm, kind, { a, effect: 10 ** a }, settings)
            relax(alarm, decay)
            expect(wasOpen).toBe(outcome !== 'quiet' && outcome !== 'opened')
            expect(alarm[kind].open).toBe(outcome === 'opened' || outcome === 'sustained' || outcome === 'waiting')
            if (throughJson) alarm = JSON.parse(JSON.stringify(alarm))
            return outcome
          })
        })
        expect(stored).toEqual(straight)
      }),
    )
  })

  test('waits through the gap, then clears', () => {
    expect(run([1, -1, -1, 1, -1, -1, -1, -1], params())).toEqual([
      'opened',
      'waiting',
      'waiting',
      'sustained',
      'waiting',
      'waiting',
      'cleared',
      'quiet',
    ])
  })

  test('kinds have alerts of their own', () => {
    const alarm = newStreamAlarm()
    const outcomes = (['record', 'drift', 'record', 'drift', 'drift'] as const).map((kind, t) =>
      step(alarm, kind, { a: t < 2 ? 1 : -1, effect: 1 }, params()),
    )
    expect(outcomes).toEqual(['opened', 'opened', 'waiting', 'waiting', 'cleared'])
    expect(alarm.record).toMatchObject({ open: true, age: 2 })
    expect(alarm.drift).toMatchObject({ open: false, age: 3 })
  })

  test('persistence is the share of the last 12 evaluations over the bar', () => {
    const alarm = newStreamAlarm()
    run([1, 1, 1, -1], params(), undefined, alarm)
    expect(persistence(alarm.record)).toBe(3 / 12)
    run(Array(12).fill(1), params(), undefined, alarm)
    expect(persistence(alarm.record)).toBe(1)
  })
})

describe('relative clearing', () => {
  const settings = params({ relativeClearing: true })
  const over = (effects: readonly number[], alarm = newStreamAlarm()) =>
    run(
      effects.map((effect) => Math.log10(effect)),
      settings,
      [...effects],
      alarm,
    )

  test('closes an alert that settled at a fraction of its peak, though still over the bar', () => {
    expect(over([50, 8, 8, 8, 8])).toEqual(['opened', 'waiting', 'waiting', 'settled', 'quiet'])
  })

  test('re-arms at three times the level it settled at, and at the bar once that has passed', () => {
    const alarm = newStreamAlarm()
    over([50, 8, 8, 8], alarm)
    expect(alarm.record.level).toBe(24)
    expect(over([20, 9], alarm)).toEqual(['quiet', 'quiet'])
    expect(over([25], alarm)).toEqual(['opened'])
    const calm = newStreamAlarm()
    over([50, 8, 8, 8, 0.2], calm)
    expect(calm.record.level).toBe(1)
    expect(over([1.1], calm)).toEqual(['opened'])
  })

  test('the peak fades, so a level that lasts sustains again', () => {
    const effects = [50, ...Array(400).fill(20)]
    expect(over(effects).slice(1)).toEqual(Array(400).fill('sustained'))
    // 11 is under a fifth of 60 until the peak has faded below 55.
    const alarm = newStreamAlarm()
    const patient = params({ relativeClearing: true, logic: { record: { k: 1, n: 1, gap: 30 }, drift: { k: 1, n: 1, gap: 2 } } })
    step(alarm, 'record', { a: 2, effect: 60 }, patient)
    const outcomes = run(Array(25).fill(1), patient, Array(25).fill(11), alarm)
    expect(outcomes.indexOf('sustained')).toBe(Math.ceil(Math.log(55 / 60) / Math.log(0.995)) - 1)
  })

  test('an alert that falls under the bar just clears', () => {
    const alarm = newStreamAlarm()
    expect(over([50, 0.5, 0.5, 0.5], alarm).at(-1)).toBe('cleared')
    expect(alarm.record.level).toBe(1)
  })
})

describe('feedback', () => {
  const budget = 1
  const rowsPerDay = 1000
  const settings = params({
    decay: feedbackDecay(budget, rowsPerDay),
    logic: { record: { k: 1, n: 1, gap: 1 }, drift: { k: 1, n: 1, gap: 1 } },
  })
  const fold = (alarm = newStreamAlarm(), a = -1) => {
    const outcome = step(alarm, 'record', { a, effect: 10 ** a }, settings)
    relax(alarm, settings.decay)
    return outcome
  }

  test('each alert raises the bar by 0.3 decades; a day of quiet takes back the budget times that', () => {
    const alarm = newStreamAlarm()
    fold(alarm, 0.1)
    expect(alarm.theta).toBe(0.3)
    // Closes with its first quiet record, which counts as quiet.
    for (let i = 0; i < rowsPerDay; i++) fold(alarm)
    expect(alarm.theta).toBeCloseTo(0, 9)
  })

  test('is frozen while any alert of the stream is open', () => {
    const alarm = newStreamAlarm()
    step(alarm, 'drift', { a: 1, effect: 10 }, settings)
    for (let i = 0; i < 100; i++) fold(alarm)
    expect(alarm.theta).toBe(0.3)
  })

  test('stays within -0.5 and 1, and says when it is pegged', () => {
    const alarm = newStreamAlarm()
    for (let i = 0; i < 10 * rowsPerDay; i++) fold(alarm)
    expect(alarm.theta).toBe(-0.5)
    for (let i = 0; i < 20; i++) fold(alarm, i % 2 === 0 ? 3 : -3)
    expect(alarm.theta).toBeGreaterThan(0.99)
    const pegged = newStreamAlarm()
    pegged.theta = 0.9
    fold(pegged, 3)
    expect(isPegged(pegged)).toBe(true)
  })

  test('a raised bar no longer fires on what it fired on before, a lowered one fires on less', () => {
    const alarm = newStreamAlarm()
    expect([0.2, -1, 0.2, -1, 0.4].map((a) => fold(alarm, a))).toEqual(['opened', 'cleared', 'quiet', 'quiet', 'opened'])
    const lowered = newStreamAlarm()
    lowered.theta = -0.5
    expect(fold(lowered, -0.3)).toBe('opened')
  })

  test('holds the budget when the reference understated the rate threefold', () => {
    const alarm = newStreamAlarm()
    const days = 40
    let opened = 0
    const random = uniform(1)
    for (let i = 0; i < days * rowsPerDay; i++) {
      // Fires three times a day at the calibrated bar: P(a > x) = 3/1000 x 10^-x.
      const a = Math.log10(0.003) - Math.log10(1 - random())
      if (fold(alarm, a) === 'opened') opened++
    }
    expect(opened / days).toBeGreaterThan(0.7)
    expect(opened / days).toBeLessThan(1.5)
  })
})
