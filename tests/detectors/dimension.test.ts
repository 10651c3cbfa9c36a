import { describe, expect, it } from 'vitest'
import { dimension, logRatio } from '../../detectors/dimension.js'
import { multiply } from '../../detectors/matmul.js'
import { correlatedRows, normals, rowOf, summaryOf, uniforms } from './samples.js'
import { windowScorer } from './windows.js'

/** n rows of 6 features on a curved surface of two dimensions, as far off it as `noise` says. */
const surface = (seed: number, n: number, noise: number): Float64Array => {
  const [uniform, normal] = [uniforms(seed), normals(seed + 1)]
  const rows = Array.from({ length: n }, () => {
    const [t, s] = [2 * Math.PI * uniform(), 2 * Math.PI * uniform()]
    return [Math.cos(t), Math.sin(t), Math.cos(s), Math.sin(s), Math.cos(t) * Math.sin(s), Math.cos(s + t)].map(
      (value) => value + noise * normal(),
    )
  })
  return Float64Array.from(rows.flat())
}

describe('dimension', () => {
  it('takes the mean log ratio of the tenth distance to each nearer one', () => {
    expect(logRatio(Float64Array.of(1, 2, 4))).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 12)
    expect(logRatio(new Float64Array(4))).toBe(0)
  })

  it.each([1, 2, 3])('finds %i dimensions in a cube of so many', async (d) => {
    const uniform = uniforms(3)
    const rows = Float64Array.from({ length: 800 * d }, () => uniform())
    const { scalars } = await dimension.fit(await summaryOf(rows, 800, d), multiply)
    expect(1 / Number(scalars.mean) / d).toBeGreaterThan(0.85)
    expect(1 / Number(scalars.mean) / d).toBeLessThan(1.15)
  })

  it('scores as all distances say', async () => {
    const [n, d, m] = [200, 4, 5]
    const rows = correlatedRows(1, n, d, 5)
    const summary = await summaryOf(rows, n, d)
    const fitted = await dimension.fit(summary, multiply)
    const ranges = Array.from({ length: d }, (_, j) => {
      const column = Array.from({ length: n }, (_row, i) => rows[i * d + j])
      return Math.max(...column) - Math.min(...column)
    })
    const ratioOf = (row: Float64Array, leftOut = -1) => {
      const distances = Array.from({ length: n }, (_, i) => i)
        .filter((i) => i !== leftOut)
        .map((i) => Math.hypot(...row.map((value, j) => (value - rows[i * d + j]) / ranges[j])))
        .sort((a, b) => a - b)
      return distances.slice(0, 9).reduce((sum, distance) => sum + Math.log(distances[9] / distance), 0) / 9
    }
    const own = Array.from({ length: n }, (_, i) => ratioOf(rowOf(rows, d, i), i))
    const mean = own.reduce((sum, ratio) => sum + ratio) / n
    const variance = own.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / n
    const window = correlatedRows(2, m, d, 5).map((value) => 1.5 * value)
    const fall = Array.from({ length: m }, (_, i) => ratioOf(rowOf(window, d, i))).reduce((sum, ratio) => sum + ratio) / m - mean
    expect(fall).toBeLessThan(0)
    const expected = (((m * n) / (m + n)) * fall ** 2) / variance
    expect(windowScorer(dimension, summary, fitted)(window) / expected).toBeCloseTo(1, 6)
  })

  it('sees records that leave the surface', async () => {
    const summary = await summaryOf(surface(1, 500, 0.02), 500, 6)
    const score = windowScorer(dimension, summary, await dimension.fit(summary, multiply))
    const usual = Array.from({ length: 20 }, (_, i) => score(surface(10 + 2 * i, 64, 0.02))).sort((a, b) => a - b)
    const off = Array.from({ length: 10 }, (_, i) => score(surface(200 + 2 * i, 64, 0.1)))
    expect(off.filter((one) => one > usual[18]).length).toBeGreaterThan(8)
  })

  it('says how many rows it needs', async () => {
    await expect(dimension.fit(await summaryOf(correlatedRows(1, 10, 2), 10, 2), multiply)).rejects.toThrow('more than 10 reference rows')
  })
})
