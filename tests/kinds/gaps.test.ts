import fc from 'fast-check'
import { Matrix, solve } from 'ml-matrix'
import { beforeAll, describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import type { Whitening } from '../../detectors/whitening.js'
import { GapFiller, observedShares } from '../../kinds/gaps.js'
import { unshrunk } from '../detectors/samples.js'
import { synthetic } from '../references/synthetic.js'

const d = 6
const n = 200
const fitted = { scalars: {}, tensors: {} }
const all = Array.from({ length: d }, (_, j) => j)
let whitening: Whitening
let covariance: Matrix
beforeAll(async () => {
  whitening = await unshrunk(synthetic({ n, d, seed: 5 }), n, d)
  const lower = Matrix.from1DArray(d, d, Array.from(whitening.lower))
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
  it('has, when filled, the squared distance of the others exactly', () => {
    const filler = new GapFiller(whitening, all)
    fc.assert(
      fc.property(rows, patterns, (deviations, missing) => {
        const row = withGaps(deviations, missing)
        const expected = direct(
          row,
          all.filter((j) => !missing.includes(j)),
        )
        expect(filler.fill(row, 0)?.missing).toEqual(missing)
        expect(Math.abs(gaussian.score(fitted, whitening, row) - expected)).toBeLessThan(1e-9 * Math.max(1, expected))
      }),
      { numRuns: 300 },
    )
  })

  it('knows how uncertain the missing ones are: Sigma_mm - Sigma_mo Sigma_oo^-1 Sigma_om', () => {
    const [missing, observed] = [
      [1, 4],
      [0, 2, 3, 5],
    ]
    const gap = new GapFiller(whitening, all).fill(withGaps([0, 0, 0, 0, 0, 0], missing), 0)
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
        const gap = filler.fill(row, 0)
        if (gap === undefined) throw new Error('expected a gap')
        const score = gap.level(gaussian.score(fitted, whitening, row))
        const shares = observedShares(gaussian.explain(fitted, whitening, row), gap, score)
        expect(shares.map(({ index }) => index)).toEqual(all.filter((j) => !missing.includes(j)))
        expect(Math.abs(shares.reduce((sum, { share }) => sum + share, 0) - score)).toBeLessThan(1e-9 * Math.max(1, score))
      }),
    )
  })

  it('is left alone where it lacks nothing, or only what may not be missing', () => {
    const row = withGaps([1, 2, 3, 4, 5, 6], [])
    const copy = row.slice()
    expect(new GapFiller(whitening, [2]).fill(row, 0)).toBeUndefined()
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
    const filler = new GapFiller({ ...plain, inverse }, [...plain.mean.keys()])
    const fill = (pattern: number) => {
      const row = Float64Array.from({ length: wide }, (_, j) => ((pattern >> j) & 1 ? Number.NaN : j))
      filler.fill(row, 0)
      return row
    }
    const first = fill(5)
    for (let pattern = 1; pattern < 1000; pattern++) fill(pattern)
    expect(fill(5)).toEqual(first)
  })
})
