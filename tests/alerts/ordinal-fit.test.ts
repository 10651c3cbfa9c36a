import { describe, expect, it } from 'vitest'
import { cIndex } from '../../alerts/concordance.js'
import { concordanceOf, heldOut } from '../../alerts/held-out.js'
import { fitOrdinal } from '../../alerts/ordinal-fit.js'
import { severities } from '../../alerts/severity.js'
import { pointModel, severityModelSchema } from '../../alerts/severity-model.js'
import { ratingsOf, truth } from './ratings.js'

const offsets = { strict: -1.5, fair: 0, alarmed: 1.5 }

describe('a model of ratings', () => {
  it('finds what the ratings were made from, and by whom', () => {
    const { weights, cuts, raters } = fitOrdinal(ratingsOf(1000, offsets))
    for (const axis of ['rarity', 'effect', 'persistence', 'detectors'] as const) {
      expect(Math.abs(weights[axis] - truth.weights[axis]), axis).toBeLessThan(0.35)
    }
    for (const [i, cut] of cuts.entries()) expect(Math.abs(cut - truth.cuts[i])).toBeLessThan(0.5)
    for (const [rater, offset] of Object.entries(offsets)) expect(Math.abs((raters.get(rater) ?? 9) - offset), rater).toBeLessThan(0.25)
  })

  it('has raters whose offsets sum to zero, and no model of who rated what order', () => {
    const ratings = ratingsOf(80, { one: 1, other: 2 })
    const { raters } = fitOrdinal(ratings)
    expect([...raters.values()].reduce((sum, offset) => sum + offset, 0)).toBeCloseTo(0, 12)
    const turned = fitOrdinal(ratings.toReversed())
    for (const [rater, offset] of raters) expect(turned.raters.get(rater)).toBeCloseTo(offset, 4)
  })

  it('does not mistake a severe rater for severe alerts', () => {
    const ratings = ratingsOf(400, { strict: -3, alarmed: 3 })
    // The strict one saw only strong effects, the alarmed one only weak ones: without raters effect would count for nothing.
    const split = ratings.filter(({ rater, axes }) => (rater === 'strict') === axes.effect > 1.3)
    const blind = split.map((rating) => ({ ...rating, rater: 'anyone' }))
    expect(fitOrdinal(split).weights.effect).toBeGreaterThan(2 * fitOrdinal(blind).weights.effect)
  })

  it('never gives an input a negative weight', () => {
    const upside = ratingsOf(200, offsets).map((rating) => ({ ...rating, rating: severities[3 - severities.indexOf(rating.rating)] }))
    for (const weight of Object.values(fitOrdinal(upside).weights)) expect(weight).toBeGreaterThanOrEqual(0)
  })

  it('can be used where raters left levels out', () => {
    const two = ratingsOf(60, offsets).map((rating) => ({ ...rating, rating: rating.rating === 'info' ? rating.rating : 'error' }) as const)
    const { weights, cuts } = fitOrdinal(two)
    expect(severityModelSchema.safeParse({ weights, cuts }).success).toBe(true)
  })

  it('orders alerts that it was not fitted to nearly as well as the truth does, and better than the default', () => {
    const ratings = ratingsOf(400, offsets)
    const [learned, best, usual] = [heldOut(ratings, 5), concordanceOf(ratings, truth), concordanceOf(ratings, pointModel)].map(cIndex)
    expect(Math.abs(learned - best)).toBeLessThan(0.02)
    expect(learned).toBeGreaterThan(usual)
  })
})
