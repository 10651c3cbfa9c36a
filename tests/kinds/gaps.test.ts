import fc from 'fast-check'
import { Matrix, solve } from 'ml-matrix'
import { beforeAll, describe, expect, it } from 'vitest'
import { chiSquareMatch } from '../../calibration/chi-square.js'
import { gaussian } from '../../detectors/gaussian.js'
import { lowerTimes } from '../../detectors/linalg.js'
import { type Whitening, whiten } from '../../detectors/whitening.js'
import { GapFiller, observedShares } from '../../kinds/gaps.js'
import { unshrunk } from '../detectors/samples.js'
import { normals, synthetic } from '../references/synthetic.js'

const d = 6
const n = 200
const fitted = { scalars: {}, tensors: {} }
const all = Array.from({ length: d }, (_, j) => j)
let whitening: Whitening
let covariance: Matrix
beforeAll(async () => {
  whitening = await unshrunk(synthetic({ n, d, seed: 5 }), n, d)
  const lower = Matrix.from1DArray(d, d, Array.from(whitening.root.lower))
  covariance = lower.mmul(lower.transpose())
})

/** (x_o - mu_o)^T Sigma_oo^-1 (x_o - mu_o) with the covariance itself. */
function direct(row: ArrayLike<number>, observed: readonly number[]): number {
  if (observed.length === 0) return 0
  const u = Matrix.columnVector(observed.map((j) => (row[j] - whitening.mean[j]) / whitening.scale[j]))
  return u
    .transpose()
    .mmul(solve(covariance.subMatrixRow(observed).subMatrixColumn(observed), u))
    .get(0, 0)
}

const rows = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: d, maxLength: d })
const patterns = fc.subarray(all, { minLength: 1 })
const withGaps = (deviations: readonly number[], missing: readonly number[]) =>
  Float64Array.from(deviations, (sigma, j) => (missing.includes(j) ? Number.NaN : whitening.mean[j] + sigma * whitening.scale[j]))

describe('a record that lacks features', () => {
  it('has, filled with what is expected, the squared distance of the others exactly', () => {
    const filler = new GapFiller(whitening, all)
    fc.assert(
      fc.property(rows, patterns, (deviations, missing) => {
        const row = withGaps(deviations, missing)
        const expected = direct(
          row,
          all.filter((j) => !missing.includes(j)),
        )
        expect(filler.expect(row, 0)?.missing).toEqual(missing)
        expect(Math.abs(gaussian.score(fitted, whitening, row) - expected)).toBeLessThan(1e-9 * Math.max(1, expected))
      }),
      { numRuns: 300 },
    )
  })

  it('is completed to the squared distance of a whole record that is as rare, whatever is drawn', () => {
    const filler = new GapFiller(whitening, all)
    fc.assert(
      fc.property(rows, fc.subarray(all, { minLength: 1, maxLength: d - 1 }), fc.nat(), (deviations, missing, seed) => {
        const row = withGaps(deviations, missing)
        const observed = all.filter((j) => !missing.includes(j))
        const expected = chiSquareMatch(observed.length, d)(direct(row, observed))
        filler.complete(row, 0, seed)
        expect(Math.abs(gaussian.score(fitted, whitening, row) - expected)).toBeLessThan(1e-9 * Math.max(1, expected))
      }),
    )
  })

  it('is completed so that many of them have the mean and the covariance of whole ones', () => {
    const filler = new GapFiller(whitening, all)
    const normal = normals(11)
    const count = 20_000
    const sums = new Float64Array(d)
    const products = new Float64Array(d * d)
    for (let i = 0; i < count; i++) {
      const u = lowerTimes(whitening.root.lower, Float64Array.from({ length: d }, normal), d)
      // One to four in a row are missing.
      const row = u.map((value, j) => ((j + d - (i % d)) % d <= i % 4 ? Number.NaN : whitening.mean[j] + whitening.scale[j] * value))
      filler.complete(row, 0, i)
      const z = whiten(whitening, row)
      for (let j = 0; j < d; j++) {
        sums[j] += z[j] / count
        for (let l = 0; l < d; l++) products[j * d + l] += (z[j] * z[l]) / count
      }
    }
    for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(0.03)
    for (const [at, product] of products.entries()) expect(Math.abs(product - (at % (d + 1) === 0 ? 1 : 0))).toBeLessThan(0.05)
  })

  it('knows how uncertain the missing ones are: Sigma_mm - Sigma_mo Sigma_oo^-1 Sigma_om', () => {
    const [missing, observed] = [
      [1, 4],
      [0, 2, 3, 5],
    ]
    const gap = new GapFiller(whitening, all).expect(withGaps([0, 0, 0, 0, 0, 0], missing), 0)
    const across = covariance.subMatrixRow(missing).subMatrixColumn(observed)
    const explained = across.mmul(solve(covariance.subMatrixRow(observed).subMatrixColumn(observed), across.transpose()))
    const expected = Matrix.sub(covariance.subMatrixRow(missing).subMatrixColumn(missing), explained)
    for (const [at, value] of expected.to1DArray().entries()) expect(gap?.covariance[at]).toBeCloseTo(value, 12)
  })

  it('is explained by what it has, in shares that sum to the score', () => {
    const filler = new GapFiller(whitening, all)
    fc.assert(
      fc.property(rows, fc.subarray(all, { minLength: 1, maxLength: d - 1 }), (deviations, missing) => {
        const row = withGaps(deviations, missing)
        const gap = filler.complete(row, 0, 7)
        if (gap === undefined) throw new Error('expected a gap')
        const score = gaussian.score(fitted, whitening, row)
        const shares = observedShares(gaussian.explain(fitted, whitening, row), gap, score)
        expect(shares.map(({ index }) => index)).toEqual(all.filter((j) => !missing.includes(j)))
        expect(Math.abs(shares.reduce((sum, { share }) => sum + share, 0) - score)).toBeLessThan(1e-9 * Math.max(1, score))
      }),
    )
  })

  it('is left alone where it lacks nothing, or only what may not be missing', () => {
    const row = withGaps([1, 2, 3, 4, 5, 6], [])
    const copy = row.slice()
    expect(new GapFiller(whitening, [2]).complete(row, 0, 1)).toBeUndefined()
    expect(row).toEqual(copy)
  })

  it('is filled alike whatever patterns came before', () => {
    const wide = 10
    const plain = {
      d: wide,
      mean: new Float64Array(wide),
      scale: new Float64Array(wide).fill(1),
      active: new Array<boolean>(wide).fill(true),
    }
    const inverse = Float64Array.from({ length: wide * wide }, (_, at) => (at % wide <= Math.floor(at / wide) ? 1 / (1 + (at % 7)) : 0))
    const filler = new GapFiller({ ...plain, root: { d: wide, lower: inverse, inverse } }, [...plain.mean.keys()])
    const fill = (pattern: number) => {
      const row = Float64Array.from({ length: wide }, (_, j) => ((pattern >> j) & 1 ? Number.NaN : j))
      filler.complete(row, 0, 1)
      return row
    }
    const first = fill(5)
    for (let pattern = 1; pattern < 1000; pattern++) fill(pattern)
    expect(fill(5)).toEqual(first)
  })
})
