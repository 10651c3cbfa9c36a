import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cIndex, concordance, kendallTau, pooled } from '../../alerts/concordance.js'

/** Computed with MAD-Bench's formulas (arXiv 2411.14515): C-index over pairs of unequal level, scipy's tau_b. */
const levels = [0, 0, 0, 1, 1, 2, 2, 3, 3]
const scores = [0.1, 0.3, 0.2, 0.25, 0.6, 0.5, 0.6, 0.9, 0.4]

describe('how a score orders levels', () => {
  it('has the published figures', () => {
    const pairs = concordance(levels, scores)
    expect(pairs.concordant + pairs.discordant + pairs.tiedScores).toBe(30)
    expect(cIndex(pairs)).toBeCloseTo(0.8166666666666667, 9)
    expect(kendallTau(pairs)).toBeCloseTo(0.5863527298559492, 9)
  })

  it.each([
    ['perfectly', [1, 2, 3], 1, 1],
    ['in reverse', [3, 2, 1], 0, -1],
    ['not at all', [1, 1, 1], 0.5, Number.NaN],
  ])('%s', (_, given, c, tau) => {
    const pairs = concordance([0, 1, 2], given)
    expect([cIndex(pairs), kendallTau(pairs)]).toEqual([c, tau])
  })

  const items = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 })), { maxLength: 30 })
  const of = (found: readonly (readonly [number, number])[]) =>
    concordance(
      found.map(([level]) => level),
      found.map(([, score]) => score),
    )

  it('is turned round with the score, and counts every pair once', () => {
    fc.assert(
      fc.property(items, (found) => {
        const [pairs, turned] = [of(found), of(found.map(([level, score]) => [level, -score] as const))]
        expect(turned).toEqual({ ...pairs, concordant: pairs.discordant, discordant: pairs.concordant })
        expect(of(found.toReversed())).toEqual(pairs)
      }),
    )
  })

  it('adds up groups without comparing them', () => {
    expect(pooled([concordance([0, 1], [5, 9]), concordance([0, 1], [1, 0])])).toEqual({
      concordant: 1,
      discordant: 1,
      tiedScores: 0,
      tiedLevels: 0,
    })
  })
})
