import { describe, expect, it } from 'vitest'
import { multiply, transpose } from '../../detectors/matmul.js'
import { bandwidth, frequencies, meanMap } from '../../detectors/mmd.js'

/** Vector mmd_rbf: median of the 36 squared distances 2, biased MMD^2 0.9196468354552638 with the exact kernel. */
const X = [0, 0, 1, 0, 0, 1, 1, 1, 0.5, 0.5]
const Y = [2, 1, 1.5, 2, 2.5, 0.5, 1.8, 1.2]

describe('mmd', () => {
  it('takes the root of half the median squared distance as its bandwidth', () => {
    expect(bandwidth({ m: 9, rows: Float64Array.of(...X, ...Y) }, 2)).toBeCloseTo(1, 9)
    expect(bandwidth({ m: 3, rows: new Float64Array(6) }, 2)).toBe(1)
  })

  it.each([
    [64, 0.15],
    [1000, 0.05],
    [100_000, 0.005],
  ])('is near the exact kernel with %i frequencies (to %d)', async (count, tolerance) => {
    const directions = transpose(frequencies([0, 1], count, 1), count, 2)
    const map = async (rows: number[]) => meanMap(await multiply(Float64Array.from(rows), directions, rows.length / 2, 2, count), count)
    const [x, y] = [await map(X), await map(Y)]
    const squared = x.reduce((sum, value, f) => sum + (value - y[f]) ** 2, 0)
    expect(Math.abs(squared - 0.9196468354552638)).toBeLessThan(tolerance)
  })
})
