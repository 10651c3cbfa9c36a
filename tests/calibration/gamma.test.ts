import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gammaCdf, gammaQuantile, lnGamma } from '../../calibration/gamma.js'

describe('gamma distribution', () => {
  test('lnGamma of whole and half numbers', () => {
    expect(lnGamma(1)).toBeCloseTo(0, 9)
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 9)
    expect(lnGamma(11)).toBeCloseTo(Math.log(3_628_800), 9)
  })

  test('with a whole a it is a Poisson sum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0.01, max: 90, noNaN: true }), (a, x) => {
        let term = Math.exp(-x)
        let fewer = 0
        for (let i = 0; i < a; i++) {
          fewer += term
          term *= x / (i + 1)
        }
        expect(gammaCdf(a, x)).toBeCloseTo(1 - fewer, 8)
      }),
    )
  })

  // scipy.stats.gamma.ppf
  test.each([
    [0.05, 5.573875481878824e-27, 0.2659323024258409],
    [0.5, 0.001966070000009761, 1.920729410347062],
    [1, 0.05129329438755053, 2.9957322735539895],
    [3, 0.8176914471639534, 6.295793621871988],
    [8, 3.9808227861892758, 13.148113802432116],
    [50, 38.96473258250863, 62.17105670200203],
    [1000, 948.5598493836511, 1052.5771180823206],
    [1e5, 99480.42074678872, 100520.7162815659],
  ])('quantiles of Gamma(%d)', (a, low, high) => {
    expect(gammaQuantile(a, 0.05) / low).toBeCloseTo(1, 7)
    expect(gammaQuantile(a, 0.95) / high).toBeCloseTo(1, 7)
  })

  test('the quantile inverts the distribution function, for tiny a too', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 4, noNaN: true }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (decade, p) => {
        const x = gammaQuantile(10 ** decade, p)
        expect(Number.isFinite(x)).toBe(true)
        if (x > 1e-300) expect(gammaCdf(10 ** decade, x)).toBeCloseTo(p, 7)
      }),
    )
  })
})
