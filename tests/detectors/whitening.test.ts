import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import { multiply, transpose } from '../../detectors/matmul.js'
import { ledoitWolf, shrinkages } from '../../detectors/shrinkage.js'
import { columnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import { whiten, whiteningFromFitted, whiteningToFitted } from '../../detectors/whitening.js'
import { momentsOf } from './plain-moments.js'
import { correlatedRows, fitRows, relativeError, rowOf } from './samples.js'

const fitted = { scalars: {}, tensors: {} }
const distance = (whitening: Awaited<ReturnType<typeof fitRows>>, row: Float64Array) => gaussian.score(fitted, whitening, row)

describe('fitWhitening', () => {
  it('turns the shrunk covariance into the identity', async () => {
    const [n, d] = [200, 6]
    const rows = correlatedRows(1, n, d, 100)
    const {
      root: { lower, inverse },
      logDet,
      shrinkage,
    } = await fitRows(rows, n, d)
    const standardised = standardise(rows, n, standardisationOf(columnStats(rows, n, d)))
    const expected = ledoitWolf(await momentsOf(standardised, n, d))
    const half = await multiply(inverse, expected.covariance, d, d, d)
    const identity = Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0))
    expect(relativeError(await multiply(half, transpose(inverse, d, d), d, d, d), identity)).toBeLessThan(1e-12)
    expect(shrinkage).toBeCloseTo(expected.shrinkage, 12)
    expect(logDet).toBeCloseTo(
      Array.from({ length: d }, (_, i) => 2 * Math.log(lower[i * d + i])).reduce((a, b) => a + b),
      12,
    )
  })

  it.each(shrinkages)('is sane with fewer rows than features (%s)', async (shrinkage) => {
    const [n, d] = [15, 90]
    const whitening = await fitRows(correlatedRows(2, n, d), n, d, shrinkage)
    expect(whitening.shrinkage).toBeGreaterThan(0)
    expect(whitening.shrinkage).toBeLessThanOrEqual(1)
    expect(whitening.ridge).toBe(0)
    expect(whitening.condition).toBeLessThan(1e6)
    const fresh = distance(whitening, correlatedRows(3, 1, d))
    expect(fresh).toBeGreaterThan(0)
    expect(distance(whitening, correlatedRows(3, 1, d, 20))).toBeGreaterThan(5 * fresh)
  })

  it('leaves constant columns out: scores are those of the other columns, whatever the constant ones do', async () => {
    const [n, d] = [100, 4]
    const varying = correlatedRows(4, n, 3)
    const rows = Float64Array.from(
      { length: n * d },
      (_, at) => [varying[3 * Math.floor(at / d)], 7.7, ...varying.slice(3 * Math.floor(at / d) + 1)][at % d],
    )
    const [with7, without] = [await fitRows(rows, n, d), await fitRows(varying, n, 3)]
    expect(with7.active).toEqual([true, false, true, true])
    expect(with7.shrinkage).toBeCloseTo(without.shrinkage, 12)
    expect(with7.logDet).toBeCloseTo(without.logDet, 12)
    expect(distance(with7, Float64Array.of(1, -1e300, 2, 3))).toBeCloseTo(distance(without, Float64Array.of(1, 2, 3)), 9)
    expect(whiten(with7, Float64Array.of(1, 9, 2, 3))[1]).toBe(0)
    const shares = gaussian.explain(fitted, with7, Float64Array.of(1, 9, 2, 3))
    expect(shares[1]).toEqual({ index: 1, share: 0, sigma: 0 })
  })

  it('raises the ridge, and says so, when shrinkage leaves the covariance singular', async () => {
    const n = 64
    const rows = Float64Array.from({ length: 2 * n }, (_, at) => (at % 4 < 2 ? 1 : -1))
    const whitening = await fitRows(rows, n, 2)
    expect(whitening.ridge).toBeGreaterThan(0)
    expect(whitening.shrinkage).toBeCloseTo(whitening.ridge, 12)
    expect(distance(whitening, Float64Array.of(1, 1))).toBeLessThan(2)
    expect(distance(whitening, Float64Array.of(1, -1))).toBeGreaterThan(1e3)
  })

  it('copes with duplicated and collinear columns: what breaks the relation stands out', async () => {
    const n = 500
    const base = correlatedRows(6, n, 2)
    const row = (a: number, b: number) => [a, b, a, 2 * a - b]
    const rows = Float64Array.from(Array.from({ length: n }, (_, i) => row(base[2 * i], base[2 * i + 1])).flat())
    const whitening = await fitRows(rows, n, 4)
    const normal = distance(whitening, Float64Array.from(row(0.5, -0.5)))
    expect(normal).toBeLessThan(20)
    expect(distance(whitening, Float64Array.of(0.5, -0.5, -0.5, 1.5))).toBeGreaterThan(20 * normal)
  })

  it('of a single feature is the standard score', async () => {
    const rows = Float64Array.of(1, 2, 3, 4)
    const whitening = await fitRows(rows, 4, 1)
    expect(whitening.shrinkage).toBe(0)
    expect(distance(whitening, Float64Array.of(4.5))).toBeCloseTo(2 ** 2 / 1.25, 12)
  })

  it('refuses a reference in which nothing varies', async () => {
    await expect(fitRows(new Float64Array(12).fill(3), 4, 3)).rejects.toThrow('none of the 3 features varies')
  })

  it('gives distances that depend neither on units nor on the order of features', async () => {
    const change = fc.record({
      seed: fc.integer(),
      scales: fc.array(fc.double({ noNaN: true, min: 1e-6, max: 1e6 }), { minLength: 5, maxLength: 5 }),
      offsets: fc.array(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), { minLength: 5, maxLength: 5 }),
      order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ seed, scales, offsets, order }) => {
        const [n, d] = [60, 5]
        const rows = correlatedRows(seed, n + 1, d)
        const other = rows.map((_, at) => {
          const j = order[at % d]
          return scales[j] * (rows[at - (at % d) + j] + offsets[j])
        })
        const [one, two] = [await fitRows(rows.slice(0, n * d), n, d), await fitRows(other.slice(0, n * d), n, d)]
        expect(distance(two, rowOf(other, d, n)) / distance(one, rowOf(rows, d, n))).toBeCloseTo(1, 8)
      }),
      { numRuns: 40 },
    )
  })
})

describe('a stored whitening', () => {
  it('is the same when loaded', async () => {
    const rows = correlatedRows(8, 50, 4).map((value, at) => (at % 4 === 2 ? 1 : value))
    const whitening = await fitRows(rows, 50, 4)
    expect(whiteningFromFitted(whiteningToFitted(whitening))).toEqual(whitening)
  })

  it('says what is damaged', async () => {
    const { scalars, tensors } = whiteningToFitted(await fitRows(correlatedRows(9, 50, 4), 50, 4))
    const { logDet: _, ...missing } = scalars
    expect(() => whiteningFromFitted({ scalars: missing, tensors })).toThrow("scalar 'logDet' is missing, expected a number")
    expect(() => whiteningFromFitted({ scalars: { ...scalars, method: 'mcd' }, tensors })).toThrow("method 'mcd' is unknown")
    const short = { ...tensors, lower: { shape: [9], data: new Float64Array(9) } }
    expect(() => whiteningFromFitted({ scalars, tensors: short })).toThrow("tensor 'lower' holds 9 numbers, expected 10")
  })
})
