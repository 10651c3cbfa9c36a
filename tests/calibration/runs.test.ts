import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EpisodeCurve, episodeCurve } from '../../calibration/episode-curve.js'
import { joined } from '../../calibration/runs.js'

/** A stream of whole numbers (ties, at the bar too), cut into pieces, one a fold. */
const cutStream = fc.array(fc.array(fc.integer({ min: -3, max: 6 }), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 })

describe('a stream that is cut into folds', () => {
  test('opens as many alerts, at every bar, as the whole', () => {
    fc.assert(
      fc.property(cutStream, fc.integer({ min: 0, max: 20 }), (pieces, gap) => {
        const folds = pieces.map((piece) => [Float64Array.from(piece)])
        const follows = folds.map((_, f) => [f === 0 ? -1 : 0])
        const cut = EpisodeCurve.pool(joined(folds, follows, gap).map(({ runs, pasts }) => episodeCurve(runs, gap, pasts)))
        const whole = episodeCurve([Float64Array.from(pieces.flat())], gap)
        for (let c = -4; c <= 7; c += 0.5) expect([cut.countAt(c), cut.maximaAbove(c).length]).toEqual([whole.countAt(c), whole.countAt(c)])
      }),
      { numRuns: 300 },
    )
  })

  test('a run that goes on from none has no past', () => {
    const folds = [[Float64Array.of(1, 2)], [Float64Array.of(3), Float64Array.of(4)], [Float64Array.of(5)]]
    const [, second, third] = joined(folds, [[-1], [-1, 0], [1]], 2)
    expect(second).toEqual({ runs: [Float64Array.of(3), Float64Array.of(1, 2, 4)], pasts: [0, 2] })
    expect(third).toEqual({ runs: [Float64Array.of(2, 4, 5)], pasts: [2] })
  })
})
