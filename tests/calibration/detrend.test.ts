import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detrend, detrendRates, SlowMean, warmUpRows } from '../../calibration/detrend.js'
import { arRows } from './series.js'

describe('slow mean', () => {
  test('subtracts the mean of the past, which starts at the first row', () => {
    // m: 4, 4 + .5(8-4) = 6, 6 + .5(2-6) = 4
    expect(detrend(Float64Array.of(4, 8, 2, 4), 4, 1, 0.5)).toEqual(Float64Array.of(0, 4, -4, 0))
  })

  test('leaves what is missing out, and takes the first value after it for its own mean', () => {
    const gap = Number.NaN
    expect(detrend(Float64Array.of(gap, 4, 8, gap, 2), 5, 1, 0.5)).toEqual(Float64Array.of(gap, 0, 4, gap, -4))
  })

  test('keeps streams apart', () => {
    expect(detrend(Float64Array.of(4, 100, 8, 100, 2, 110), 6, 1, 0.5, [7, 3, 7, 3, 7, 3])).toEqual(Float64Array.of(0, 0, 4, 0, -4, 10))
  })

  test('removes a level entirely and a slow ramp up to its lag', () => {
    const rate = 1 / 60
    const ramp = Float64Array.from({ length: 2000 }, (_, t) => 5 + 0.001 * t)
    expect(detrend(ramp, 2000, 1, rate)[1999]).toBeCloseTo(0.001 / rate, 9)
  })

  test('rate 0 leaves the rows as they are, and never changes its input', () => {
    const rows = arRows(1, 100, 3, 0.5)
    const copy = rows.slice()
    expect(detrend(rows, 100, 3, 0)).toBe(rows)
    detrend(rows, 100, 3, 0.01)
    expect(rows).toEqual(copy)
  })

  test('live and fitted agree to the last bit, over any batches, interleaved streams and restarts', () => {
    const rate = fc.constantFrom(...detrendRates.filter((one) => one > 0))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 }), rate, fc.nat(), (streamOf, slow, seed) => {
        const d = 3
        const rows = arRows(seed, streamOf.length, d, 0.9)
        const live = rows.slice()
        let means = [0, 1, 2].map(() => new SlowMean(d, slow))
        streamOf.forEach((stream, i) => {
          means[stream].step(live, i * d)
          // As a checkpoint would: state out, state in.
          if (i % 7 === 0) means = means.map((mean) => new SlowMean(d, slow, mean.state()))
        })
        expect(live).toEqual(detrend(rows, streamOf.length, d, slow, streamOf))
      }),
    )
  })

  test('its state is a copy, none before the first row', () => {
    const mean = new SlowMean(2, 0.5)
    expect(mean.state().length).toBe(0)
    mean.step(Float32Array.of(0, 0, 3, 5), 2)
    mean.state()[0] = 99
    expect(mean.state()).toEqual(Float64Array.of(3, 5))
  })

  test('settles within three time constants', () => {
    expect(detrendRates.map(warmUpRows)).toEqual([0, 3000, 750, 180])
  })
})
