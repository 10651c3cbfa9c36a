import { describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import { whiten } from '../../detectors/whitening.js'
import { betaTail, fisherTail, kolmogorov } from './distributions.js'
import { normals, relativeError, rowOf, unshrunk } from './samples.js'

const reference = Float64Array.of(
  ...[0.2, 1.1, -0.3, 1.4, 0.3, 0.8, -0.7, 0.4, 0.1, 0.9, -1.2, 0.5, -1.1, -0.6, -0.9, 0.3, 0.8, 1.2],
  ...[1.0, 1.5, -0.4, -0.2, -0.9, 0.6, -1.5, 0.2, -0.7, 0.6, -0.4, -1.1, 0.1, 0.7, 0.3, -0.8, -1.3, 0.9],
)
const fitted = { scalars: {}, tensors: {} }

/** Expected numbers: NumPy and SciPy. */
describe('gaussian', () => {
  const record = Float64Array.of(2, -1.5, 1)

  it('scores the squared Mahalanobis distance', async () => {
    const whitening = await unshrunk(reference, 12, 3)
    expect(relativeError([gaussian.score(fitted, whitening, record)], [10.439046354360489])).toBeLessThan(1e-9)
    expect(relativeError(whiten(whitening, record), [2.205354418319966, -2.356053938013837, 0.15642277687914694])).toBeLessThan(1e-9)
    expect(relativeError([gaussian.score(fitted, whitening, rowOf(reference, 3, 0))], [1.4332282700622712])).toBeLessThan(1e-9)
  })

  it('explains it by shares that sum to the score, and signed deviations', async () => {
    const whitening = await unshrunk(reference, 12, 3)
    const shares = gaussian.explain(fitted, whitening, record)
    expect(shares.map(({ index }) => index)).toEqual([0, 1, 2])
    expect(
      relativeError(
        shares.map(({ share }) => share),
        [6.180169352804609, 4.05749671924195, 0.20138028231392932],
      ),
    ).toBeLessThan(1e-9)
    expect(shares.map(({ sigma }) => Math.sign(sigma))).toEqual([1, -1, 1])
  })

  it('has the exact null distributions of a new and of a reference record', async () => {
    const [n, d] = [12, 3]
    expect(fisherTail((10.439046354360489 * n * (n - d)) / (d * (n * n - 1)), d, n - d)).toBeCloseTo(0.11422782600464905, 12)
    expect(betaTail((n * 1.4332282700622712) / (n - 1) ** 2, d / 2, (n - d - 1) / 2)).toBeCloseTo(0.7295056466596427, 12)
    const normal = normals(11)
    const fresh: number[] = []
    const own: number[] = []
    for (let trial = 0; trial < 2000; trial++) {
      const rows = Float64Array.from({ length: (n + 1) * d }, normal)
      const whitening = await unshrunk(rows.slice(0, n * d), n, d)
      fresh.push(fisherTail((gaussian.score(fitted, whitening, rowOf(rows, d, n)) * n * (n - d)) / (d * (n * n - 1)), d, n - d))
      own.push(betaTail((n * gaussian.score(fitted, whitening, rowOf(rows, d, 0))) / (n - 1) ** 2, d / 2, (n - d - 1) / 2))
    }
    expect(kolmogorov(fresh)).toBeLessThan(1.95)
    expect(kolmogorov(own)).toBeLessThan(1.95)
  })
})
