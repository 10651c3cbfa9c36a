import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allowedIn, gammaOf, PrecisionBar, type PrecisionPolicy } from '../../calibration/precision.js'

const policy: PrecisionPolicy = { slot: 10, base: 0.001, share: 0.1, bar: (perSlot) => -Math.log10(perSlot) }

describe('the bar of a precision', () => {
  test('follows LORD with decaying memory, once its first term is the base', () => {
    // online_fdr of the reference implementation in Python: alpha 0.05, delta 0.99, eta 1, rejections at 1, 6, 10 and 13. Of t = 1 and 2
    // the first term is gamma(t), above 1 - delta.
    const expected = [
      0.0010703302743930603, 0.0009809043833883223, 0.0008959387544127926, 0.0008323172776818723, 0.0034336849180204524,
      0.0013182337557065766, 0.0011998359629190416, 0.0010914747741397148, 0.0036576728952050943, 0.0015150928243304119,
      0.001375289014703786, 0.0038986868688628377, 0.0017227293303893794,
    ]
    expected.forEach((alpha, i) => {
      const ages = [1, 6, 10, 13].map((at) => i + 3 - at).filter((age) => age > 0)
      expect(allowedIn({ base: 0.0005, share: 0.05 }, ages) / alpha).toBeCloseTo(1, 9)
    })
    const gammas = [0.05351677091260086, 0.011638205782941741, 0.009912498794460713, 0.008243606058967332, 0.006988869709347985]
    gammas.forEach((gamma, i) => {
      expect(gammaOf(i + 1)).toBeCloseTo(gamma, 12)
    })
  })

  test('is the budget’s while nothing opens, falls in the slot after an alert, and comes back', () => {
    const bar = new PrecisionBar([], policy)
    expect(bar.at(0)).toBeCloseTo(3, 12)
    bar.add(14, 1)
    expect(bar.at(19)).toBeCloseTo(3, 12)
    // 0.001 + 0.1 * 0.99 * gamma(1)
    expect(bar.at(20)).toBeCloseTo(-Math.log10(0.001 + 0.1 * 0.99 * 0.05351677091260086), 12)
    expect(bar.at(20_000)).toBe(3)
  })

  test('allows for each alert at most its share of false ones', () => {
    const sum = (base: number) =>
      Array.from({ length: 100_000 }, (_, i) => allowedIn({ base, share: 0.1 }, [i + 1]) - base).reduce((total, one) => total + one, 0)
    const spent = sum(1e-6)
    expect(spent).toBeLessThan(0.1)
    expect(spent).toBeGreaterThan(0.04)
    // A budget of more in every slot than an alert adds remembers none.
    expect(allowedIn({ base: 0.2, share: 0.1 }, [1, 1])).toBe(0.2)
  })

  test('is the same when records are folded again, whatever was found since and forgotten before', () => {
    const offsets = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 }).map((all) => all.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(offsets, fc.integer({ min: 0, max: 1000 }), (found, oldest) => {
        const first = new PrecisionBar([], policy)
        let next = 0
        const bars = Array.from({ length: 101 }, (_, slot) => {
          const bar = first.at(slot * 10)
          for (; next < found.length && found[next] < slot * 10 + 10; next++) first.add(found[next], 1)
          return bar
        })
        const again = new PrecisionBar(first.found(oldest), policy)
        for (let slot = Math.ceil(oldest / 10); slot <= 100; slot++) expect(again.at(slot * 10)).toBe(bars[slot])
      }),
      { numRuns: 40 },
    )
  })

  test('remembers a thousand alerts, and those that may be read again', () => {
    const many = Array.from({ length: 5000 }, (_, i) => i)
    const bar = new PrecisionBar(many, policy)
    expect(bar.found(5000)).toHaveLength(1000)
    expect(bar.found(4000)).toHaveLength(2000)
    expect(new PrecisionBar(bar.found(4000), policy).at(4000)).toBe(bar.at(4000))
  })
})
