import { describe, expect, it } from 'vitest'
import { embed } from '../../bench/null/real.js'
import { isHeld, isOver, nullReport, quantile } from '../../bench/null/report.js'
import { type NullStream, splits } from '../../bench/null/stream.js'
import { syntheticStreams } from '../../bench/null/synthetic.js'
import type { Trial } from '../../bench/null/trial.js'

describe('splits of a series', () => {
  const series = { set: 'NAB other', kind: 'x', d: 2, allowed: 8 } as const

  it('make each part the reference of the next one', () => {
    const values = Float64Array.from({ length: 2 * 2400 }, (_, i) => i)
    const streams = splits(series, values, 3)
    expect(streams.map(({ reference, test }) => [reference[0], reference.length, test[0], test.length])).toEqual([
      [0, 1600, 1600, 1600],
      [1600, 1600, 3200, 1600],
    ])
  })

  it('are none when a part is too short for the alerts that it is allowed', () => {
    expect(splits(series, new Float64Array(2 * 2399), 3)).toEqual([])
  })
})

describe('the embedding of a NAB series', () => {
  const values = Float64Array.from({ length: 10 }, (_, i) => i)

  it('holds four consecutive values, the latest first', () => {
    expect([...embed(values, [])].slice(0, 8)).toEqual([3, 2, 1, 0, 4, 3, 2, 1])
  })

  it('leaves out every vector that touches a label window', () => {
    const embedded = embed(values, [[4, 5]])
    expect([...embedded]).toEqual([3, 2, 1, 0, 9, 8, 7, 6])
  })
})

describe('synthetic streams', () => {
  const make = (kind: string): NullStream =>
    syntheticStreams()
      .find((stream) => stream.kind === kind)!
      .make()
  /** Of the first feature. */
  const autocorrelation = ({ test, d }: NullStream) => {
    const values = Float64Array.from({ length: test.length / d }, (_, t) => test[t * d])
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    let [product, square] = [0, 0]
    for (let t = 1; t < values.length; t++) {
      product += (values[t] - mean) * (values[t - 1] - mean)
      square += (values[t] - mean) ** 2
    }
    return product / square
  }

  it('are the same every time', () => {
    expect(make('VAR').reference).toEqual(make('VAR').reference)
  })

  it.each([
    ['independent', 0],
    ['AR .5', 0.5],
    ['AR .9', 0.9],
    ['AR .98', 0.98],
  ])('are autocorrelated as their name says: %s', (kind, expected) => {
    expect(autocorrelation(make(kind))).toBeCloseTo(expected, 1)
  })
})

describe('the verdict on a stream', () => {
  it.each([
    [0.5, 0.2, true, false],
    [2, 0, true, false],
    [0.49, 0, false, false],
    [2.01, 0, false, true],
    [1, 0.21, false, true],
    [0.01, 1, false, true],
  ])('of %f times the budget and %f of the time in alarm', (ratio, inAlarm, held, over) => {
    expect([isHeld({ ratio, inAlarm }), isOver({ ratio, inAlarm })]).toEqual([held, over])
  })

  it('takes quantiles by their rank', () => {
    expect([0.1, 0.5, 0.9].map((level) => quantile([3, 1, 2, 4, 5], level))).toEqual([1, 3, 5])
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('counts in its last lines the streams that passed, with feedback', () => {
    const trial = (accepted: boolean, ratio: number): Trial => {
      const realised = { static: { ratio: 1, inAlarm: 0 }, feedback: { ratio, inAlarm: 0 } }
      return { set: 'NAB other', kind: 'x', allowed: 8, outcome: 'watched', accepted, status: 'OK', realised }
    }
    const unfit: Trial = { set: 'NAB other', kind: 'x', allowed: 8, outcome: 'unfit', reason: 'constant' }
    const report = nullReport([trial(true, 1), trial(true, 1), trial(true, 0.1), trial(true, 3), trial(false, 9), unfit])
    expect(report).toContain('metric null_held_share 0.5000')
    expect(report).toContain('metric null_over_share 0.2500')
    expect(report).toContain('metric null_held_share_static 1.0000')
    expect(report).toContain('metric null_refused_share 0.1667')
  })
})
