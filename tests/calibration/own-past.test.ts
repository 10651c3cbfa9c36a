import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newStreamAlarm } from '../../calibration/alarm.js'
import { type OwnPastLimit, OwnScores, ownPastBar, stepOwnPast } from '../../calibration/own-past.js'

const HOUR = 3_600_000
/** A score an hour, one alert in four days. */
const limit: OwnPastLimit = { level: 1, budgetPerDay: 1 / 4, evaluationsPerDay: 24, refractory: 12 * HOUR }
const judgeAll = (own: OwnScores, scores: readonly number[], from = 0) =>
  scores.map((score, i) => own.judge(score, HOUR * (from + i), limit))

describe('the past scores of a series', () => {
  it('give the conformal p-value of the next one, equal ones counted against it', () => {
    const own = new OwnScores([-3, 15])
    const ps = judgeAll(own, [0.5, 0.1, 0.5, 2, 0.3]).map(({ p }) => p)
    expect(ps).toEqual([1, 1, 2 / 3, 1 / 4, 4 / 5])
  })

  it('count would-be alerts by their highest score, one in each refractory time', () => {
    const own = new OwnScores([-3, 15])
    // Two within 12 hours are one; the third stands alone.
    judgeAll(own, [...Array(10).fill(0), 1.5, 0, 2.5, ...Array(20).fill(0), 1.2, ...Array(20).fill(0)])
    const { perDay, spanDays } = own.judge(2.2, 100 * HOUR, limit)
    expect(spanDays).toBe(55 / 24)
    expect(perDay * spanDays).toBeCloseTo(2, 12)
  })

  it('let the strongest so far through while they are too few, and then what is as rare as the budget', () => {
    const own = new OwnScores([-3, 15])
    const over = (hour: number, score: number) => own.judge(score, hour * HOUR, limit).over
    expect([over(0, 0.9), over(1, 2), over(30, 1.5), over(60, 3)]).toEqual([false, true, false, true])
    // After 17 days the budget allows 4: with those of 2, 1.5 and 3 one of 1.2 is the fourth, and after it one of 1.1 the fifth.
    for (let hour = 61; hour < 460; hour++) own.judge(0, hour * HOUR, limit)
    expect([over(461, 1.2), over(490, 1.1)]).toEqual([true, false])
  })

  it('open no more alerts than the budget on scores of chance, but for the few of a short past', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { minLength: 2000, maxLength: 2000 }), (scores) => {
        const own = new OwnScores([-3, 15])
        const alarm = newStreamAlarm()
        const quiet = { until: 0, strongest: 0 }
        const opened = scores.filter((score, i) => {
          const { over } = own.judge(score, HOUR * i, limit)
          return stepOwnPast(alarm, quiet, { over, effect: score, time: HOUR * i }, { k: 1, n: 1, gap: 3 }, limit.refractory) === 'opened'
        })
        // 83 days: 21 alerts, and some 5 of the first days.
        expect(opened.length).toBeLessThan(21 + 5 + 3 * Math.sqrt(26))
      }),
      { numRuns: 20 },
    )
  })

  it('go on from their state as if they had never stopped', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -3, max: 15, noNaN: true }), { maxLength: 80 }), fc.nat({ max: 80 }), (scores, cut) => {
        const [whole, first] = [new OwnScores([-3, 15]), new OwnScores([-3, 15])]
        const expected = judgeAll(whole, scores)
        const before = judgeAll(first, scores.slice(0, cut))
        const second = new OwnScores([-3, 15], first.state())
        expect([...before, ...judgeAll(second, scores.slice(cut), Math.min(cut, scores.length))]).toEqual(expected)
      }),
    )
  })

  it('know what they can promise', () => {
    expect([0.5, 2, 8].map((days) => ownPastBar(1, days).status)).toEqual(['UNVERIFIABLE', 'PROVISIONAL', 'OK'])
    expect(ownPastBar(1 / 7, 14)).toMatchObject({ k: 2, resolutionPerDay: 1 / 14 })
  })
})

describe('the refractory time', () => {
  it('keeps further alerts away, but for one twice as strong', () => {
    const alarm = newStreamAlarm()
    const quiet = { until: 0, strongest: 0 }
    const at = (hour: number, effect: number) =>
      stepOwnPast(alarm, quiet, { over: effect > 1, effect, time: hour * HOUR }, { k: 1, n: 1, gap: 1 }, 12 * HOUR)
    expect([at(0, 1.5), at(1, 0), at(2, 2.9), at(3, 3.1), at(4, 0), at(5, 6), at(16, 1.2)]).toEqual([
      'opened',
      'cleared',
      'quiet',
      'opened',
      'cleared',
      'quiet',
      'opened',
    ])
  })
})
