import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PastBank } from '../../detectors/past/bank.js'
import { COLUMNS, embed, MEMORY, views } from '../../detectors/past/embedding.js'
import { PastDetector, type PastOptions } from '../../detectors/past/past.js'
import { Surprise } from '../../detectors/past/surprise.js'
import { uniforms } from '../../detectors/random.js'

const MINUTES = 60_000
const options: PastOptions = { capacity: 50, refresh: 20, recent: 5, seed: 3, warmUp: 60 }

/** A daily wave of values every half hour with some noise; `seed` tells one from another. */
const wave = (rows: number, seed: number): number[] => {
  const uniform = uniforms(seed)
  return Array.from({ length: rows }, (_, row) => 10 * Math.sin((2 * Math.PI * row) / 48) + uniform())
}
const feed = (detector: PastDetector, values: readonly number[], from = 0) =>
  values.map((value, i) => detector.add(value, 30 * MINUTES * (from + i))?.score)

describe('an embedded value', () => {
  const row = new Float64Array(COLUMNS)
  const column = (v: number, i: number) => row[views[v].columns[i]]

  it('holds the mean of 10, the ranges of 20 and 40, eight lags and the time of day', () => {
    embed(
      Array.from({ length: MEMORY }, (_, i) => i),
      6 * 60 * MINUTES,
      row,
    )
    expect(column(0, 0)).toBe(34.5)
    expect([column(1, 0), column(1, 1), column(2, 0), column(2, 1)]).toEqual([39, 0, 39, 20])
    expect(views[3].columns.slice(0, 8).map((c) => row[c])).toEqual([39, 38, 37, 36, 35, 34, 33, 32])
    expect([column(0, 1), column(0, 2)]).toEqual([1, expect.closeTo(0, 12)])
  })

  it('makes do with what there is at the start, and without a time', () => {
    embed([2, 4], Number.NaN, row)
    expect([column(0, 0), column(1, 0), column(1, 1)]).toEqual([3, 4, 2])
    expect(views[3].columns.map((c) => row[c])).toEqual([4, 2, 2, 2, 2, 2, 2, 2, 0, 0])
  })
})

describe('the bank of the past', () => {
  const moment = (value: number) => new Float64Array(COLUMNS).fill(value)

  it('takes in only what is older than the recent values, at each refresh', () => {
    const bank = new PastBank(options)
    for (let i = 0; i < 19; i++) bank.add(moment(i))
    expect(bank.nearest(moment(0))).toBeUndefined()
    bank.add(moment(19))
    const width = views.map(({ weights }) => Math.sqrt(weights.reduce((sum, weight) => sum + weight ** 2, 0)))
    // Rows 0 to 14 are in it, each column divided by its range of 19.
    expect([...bank.nearest(moment(14))!.distances]).toEqual([0, 0, 0, 0])
    expect([...bank.nearest(moment(19))!.distances]).toEqual(width.map((w) => expect.closeTo((5 / 19) * w, 12)))
  })

  it('never holds more than its capacity, and is then a uniform sample', () => {
    const kept = Array.from({ length: 40 }, (_, seed) => {
      const bank = new PastBank({ ...options, seed: 1000 * seed })
      for (let i = 0; i < 1005; i++) bank.add(moment(i))
      const { kept: rows } = bank.state()
      expect(rows).toHaveLength(50 * COLUMNS)
      return [...rows.subarray(0, 50)]
    }).flat()
    // Of 2,000 draws from 0 … 994 the mean has a standard error of 6.4.
    expect(Math.abs(kept.reduce((sum, value) => sum + value, 0) / kept.length - 497)).toBeLessThan(4 * 6.4)
  })
})

describe('how unusual a distance is', () => {
  it('is its z value in logarithms beside the earlier ones, clipped', () => {
    const surprise = new Surprise()
    for (const distance of [1, 2, 4]) surprise.warm(distance)
    const logs = [1, 2, 4].map((distance) => Math.log(distance + 0.04))
    const mean = logs.reduce((sum, log) => sum + log / 3, 0)
    const sigma = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2 / 3, 0))
    expect(surprise.judge(6)).toBeCloseTo((Math.log(6.04) - mean) / sigma, 10)
    expect([surprise.judge(0), surprise.judge(1e30)]).toEqual([-3, 15])
  })

  it('finds anything new on a series that has only repeated itself', () => {
    const surprise = new Surprise()
    for (let i = 0; i < 10; i++) surprise.warm(0)
    expect([surprise.judge(0), surprise.judge(0.01)]).toEqual([0, 15])
  })
})

describe('the detector that learns from a series of its own', () => {
  it('says nothing during the warm-up, then little of a wave and much of a value that never was', () => {
    const values = wave(600, 1)
    values[550] += 25
    const scores = feed(new PastDetector({ ...options, capacity: 500 }), values)
    expect(scores.findIndex((score) => score !== undefined)).toBe(60)
    const usual = scores.slice(200, 540).map((score) => score!)
    expect(usual.reduce((sum, score) => sum + score, 0) / usual.length).toBeLessThan(0.5)
    expect(scores[550]).toBeGreaterThan(Math.max(...usual) + 1)
  })

  it('gives the same scores for the same values', () => {
    const values = wave(300, 2)
    expect(feed(new PastDetector(options), values)).toEqual(feed(new PastDetector(options), values))
  })

  it('goes on from its state as if it had never stopped, wherever that is', () => {
    const values = wave(260, 4)
    const whole = feed(new PastDetector(options), values)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 260 }), (cut) => {
        const first = new PastDetector(options)
        const before = feed(first, values.slice(0, cut))
        const second = new PastDetector(options, structuredClone(first.state()))
        expect([...before, ...feed(second, values.slice(cut), cut)]).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  it('has a state that is bounded and that later values do not touch', () => {
    const detector = new PastDetector(options)
    feed(detector, wave(1000, 5))
    const state = detector.state()
    const copy = structuredClone(state)
    feed(detector, wave(777, 6), 1000)
    expect(state).toEqual(copy)
    const { recent, bank, surprises } = detector.state()
    expect(recent).toHaveLength(MEMORY)
    expect(bank.kept).toHaveLength(50 * COLUMNS)
    expect(bank.waiting.length).toBeLessThan((options.refresh + options.recent) * COLUMNS)
    expect(surprises.map(({ first }) => first.length)).toEqual([0, 0, 0, 0])
  })

  it('refuses a value that is no number, and options that leave no distances to warm up on', () => {
    expect(() => new PastDetector(options).add(Number.NaN, 0)).toThrow(/a value of NaN/)
    expect(() => new PastDetector({ ...options, warmUp: 20 })).toThrow(/a warm-up of 20 values/)
  })
})
