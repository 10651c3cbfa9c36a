import { describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import { multiply, transpose } from '../../detectors/matmul.js'
import { npca } from '../../detectors/npca.js'
import { pca } from '../../detectors/pca.js'
import { principalComponents } from '../../detectors/principal.js'
import { leadingSpectrum } from '../../detectors/spectrum.js'
import { correlatedRows, normals, relativeError, rowOf, summaryOf } from './samples.js'
import { vectorRecord, vectorRows } from './vector-rows.js'

/** n rows of d features that are mixtures of three strong sources and a little noise. */
function mixed(n: number, d: number): Float64Array {
  const normal = normals(7)
  const loads = Float64Array.from({ length: 3 * d }, normal)
  const rows = new Float64Array(n * d)
  for (let i = 0; i < n; i++) {
    const sources = [3 * normal(), 3 * normal(), 3 * normal()]
    for (let j = 0; j < d; j++) rows[i * d + j] = sources.reduce((sum, s, k) => sum + s * loads[k * d + j], 0.1 * normal())
  }
  return rows
}

describe('the leading spectrum', () => {
  it.each([
    ['exactly', 60],
    ['by iteration above 512', 540],
  ])('is found %s', async (_, d) => {
    const k = 8
    const basis = (await leadingSpectrum(await gram(correlatedRows(1, 2 * d, d), d), d, d === 60 ? d : 12, multiply)).vectors
    const values = Array.from({ length: basis.length / d }, (_unused, i) => 100 / (i + 1) ** 2)
    const a = await multiply(
      transpose(
        basis.map((value, at) => value * values[Math.floor(at / d)]),
        values.length,
        d,
      ),
      basis,
      d,
      values.length,
      d,
    )
    const found = await leadingSpectrum(a, d, k, multiply)
    expect(relativeError(found.values, values.slice(0, k))).toBeLessThan(1e-6)
    for (let i = 0; i < k; i++) {
      const along = rowOf(found.vectors, d, i).reduce((sum, value, j) => sum + value * basis[i * d + j], 0)
      expect(Math.abs(along)).toBeCloseTo(1, 4)
    }
  })

  it('of a matrix of lower rank ends with zeros', async () => {
    const d = 520
    const rows = correlatedRows(1, 5, d)
    const { values, vectors } = await leadingSpectrum(await multiply(transpose(rows, 5, d), rows, d, 5, d), d, 8, multiply)
    expect(values[4]).toBeGreaterThan(1)
    expect(Math.max(...values.slice(5))).toBeLessThan(1e-9 * values[0])
    expect(vectors.every(Number.isFinite)).toBe(true)
  })
})

const gram = (rows: Float64Array, d: number) => multiply(transpose(rows, rows.length / d, d), rows, d, rows.length / d, d)

describe('principal components', () => {
  it('are as few as hold 95 % of the variance', async () => {
    const { moments, whitening } = await summaryOf(mixed(1000, 12), 1000, 12)
    const { k, variances } = await principalComponents(await moments(), whitening, multiply)
    expect(k).toBe(3)
    expect(variances.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0.95 * 12 * 0.99)
  })

  it('need two features that vary', async () => {
    const { moments, whitening } = await summaryOf(
      correlatedRows(1, 50, 2).map((value, at) => (at % 2 === 0 ? value : 1)),
      50,
      2,
    )
    await expect(principalComponents(await moments(), whitening, multiply)).rejects.toThrow(
      'at least 2 features that vary in the reference, got 1',
    )
  })
})

describe('pca and npca', () => {
  const d = 12
  const reference = summaryOf(mixed(1000, d), 1000, d)

  it('split the squared Mahalanobis distance between them', async () => {
    const { moments, whitening, bank } = await reference
    const [both, low] = [await pca.fit({ moments, whitening, bank }, multiply), await npca.fit({ moments, whitening, bank }, multiply)]
    const { components, variances, k } = await principalComponents(await moments(), whitening, multiply)
    const row = mixed(3, d)
      .slice(2 * d)
      .map((value) => value + 0.3)
    const u = row.map((value, j) => (value - whitening.mean[j]) / whitening.scale[j])
    const s = Array.from({ length: k }, (_, i) => rowOf(components, d, i).reduce((sum, value, j) => sum + value * u[j], 0))
    const t2 = s.reduce((sum, value, i) => sum + value ** 2 / variances[i], 0)
    const q = u.reduce((sum, value) => sum + value ** 2, 0) - s.reduce((sum, value) => sum + value ** 2, 0)
    const { within, beyond } = both.scalars as { within: number; beyond: number }
    expect(pca.score(both, whitening, row) / (t2 / within + q / beyond)).toBeCloseTo(1, 9)
    const squared = gaussian.score({ scalars: {}, tensors: {} }, whitening, row)
    expect(npca.score(low, whitening, row) / (squared - t2)).toBeCloseTo(1, 4)
  })

  /** Expected numbers: NumPy. */
  it('give the numbers of an independent implementation', async () => {
    const summary = await summaryOf(vectorRows, 12, 3)
    for (const [detector, expected] of [
      [pca, 2.7644770373921226],
      [npca, 5.53849676163196],
    ] as const) {
      const fitted = await detector.fit(summary, multiply)
      expect(detector.score(fitted, summary.whitening, vectorRecord) / expected).toBeCloseTo(1, 9)
    }
  })

  it('see a broken relation that is small beside the large swings', async () => {
    const summary = await reference
    const usual = mixed(1000, d).slice(0, d)
    const off = Float64Array.from(usual)
    off[4] += 4
    for (const detector of [pca, npca]) {
      const fitted = await detector.fit(summary, multiply)
      expect(detector.score(fitted, summary.whitening, off)).toBeGreaterThan(10 * detector.score(fitted, summary.whitening, usual))
    }
  })
})
