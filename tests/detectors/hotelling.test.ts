import { describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import { hotelling } from '../../detectors/hotelling.js'
import { whiten } from '../../detectors/whitening.js'
import { fisherTail, kolmogorov } from './distributions.js'
import { correlatedRows, fitRows, normals, relativeError, rowOf, unshrunk } from './samples.js'

const X = Float64Array.of(
  ...[0.2, 1.1, -0.3, 1.4, 0.3, 0.8, -0.7, 0.4, 0.1, 0.9, -1.2, 0.5],
  ...[-1.1, -0.6, -0.9, 0.3, 0.8, 1.2, 1.0, 1.5, -0.4, -0.2, -0.9, 0.6],
)
const Y = Float64Array.of(0, -0.3, 0.1, 2.1, -0.9, -0.3, 1.6, 0.2, 1.1, 0.7, -1.8, 1.7, 1.2, 0.4, 0.9, 0.5, -0.8, 1.4)

type Whitening = Awaited<ReturnType<typeof fitRows>>
const sumOf = (whitening: Whitening, rows: Float64Array, m: number) => {
  const sum = new Float64Array(whitening.d)
  for (let i = 0; i < m; i++)
    whiten(whitening, rowOf(rows, whitening.d, i)).forEach((z, j) => {
      sum[j] += z
    })
  return { m, z: sum, own: none }
}
const none = new Float64Array(0)
const fittedOn = (n: number) => ({ scalars: { n }, tensors: {} })

describe('hotelling', () => {
  it('scores T^2 of the window against the reference covariance, as NumPy does', async () => {
    const whitening = await unshrunk(X, 8, 3)
    const score = hotelling.score(fittedOn(8), sumOf(whitening, Y, 6))
    expect(relativeError([score], [6.509404566616713])).toBeLessThan(1e-9)
    expect(fisherTail((score * (8 - 3)) / (3 * (8 - 1)), 3, 8 - 3)).toBeCloseTo(0.31132688447538637, 10)
  })

  it('of one record is n / (n + 1) of its squared distance', async () => {
    const whitening = await fitRows(correlatedRows(1, 80, 5), 80, 5)
    const record = correlatedRows(2, 1, 5, 4)
    const distance = gaussian.score({ scalars: {}, tensors: {} }, whitening, record)
    expect(hotelling.score(fittedOn(80), { m: 1, z: whiten(whitening, record), own: none })).toBeCloseTo((80 / 81) * distance, 9)
  })

  it('explains by the standardised shift of the mean and shares that sum to T^2', async () => {
    const whitening = await unshrunk(X, 8, 3)
    const sum = sumOf(whitening, Y, 6)
    const shares = hotelling.explain(fittedOn(8), whitening, sum)
    const shift = [0, 1, 2].map((j) => Y.reduce((total, value, at) => total + (at % 3 === j ? value / 6 : 0), 0) - whitening.mean[j])
    expect(
      relativeError(
        shares.map(({ sigma }) => sigma),
        shift,
      ),
    ).toBeLessThan(1e-12)
    expect(shares.reduce((total, { share }) => total + share, 0)).toBeCloseTo(hotelling.score(fittedOn(8), sum), 12)
  })

  it('has an exact F null for windows shorter than the number of features too', async () => {
    const [n, d, m] = [14, 4, 3]
    const normal = normals(3)
    const tails: number[] = []
    for (let trial = 0; trial < 2000; trial++) {
      const whitening = await unshrunk(Float64Array.from({ length: n * d }, normal), n, d)
      const window = Float64Array.from({ length: m * d }, normal)
      const score = hotelling.score(fittedOn(n), sumOf(whitening, window, m))
      tails.push(fisherTail((score * (n - d)) / (d * (n - 1)), d, n - d))
    }
    expect(kolmogorov(tails)).toBeLessThan(1.95)
  })

  it('says when its fitted state is damaged', () => {
    expect(() => hotelling.score({ scalars: {}, tensors: {} }, { m: 1, z: Float64Array.of(1), own: none })).toThrow("scalar 'n' is missing")
  })
})
