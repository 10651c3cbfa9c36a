import { describe, expect, it } from 'vitest'
import { depth, heldOutDepths, meanDirection, rankSumZ } from '../../detectors/depth.js'
import { dot } from '../../detectors/linalg.js'
import { multiply } from '../../detectors/matmul.js'
import { relativeError, rowOf, summaryOf } from './samples.js'
import { cone, windowScorer } from './windows.js'

/** Vector tte_depth: depths, rank-sum z. */
const F = Float64Array.of(1, 0.1, 0, 0.9, 0.2, 0.1, 1, 0, 0.2, 0.8, 0.3, 0.1, 0.95, 0.05, 0.1)
const G = Float64Array.of(0.2, 1, 0.3, 0.1, 0.9, 0.5, 0.9, 0.2, 0.2, 0.3, 0.8, 0.6)
const DEPTHS_F = [1.9790844017584643, 1.9841531755065405, 1.9693980321630364, 1.959766102218543, 1.982039533241598]
const DEPTHS_G = [1.3475874154411838, 1.269498641563548, 1.9816640595781574, 1.4499027494194328]
const Z = 1.7146428199482247

const depthsOf = (rows: Float64Array) => {
  const towards = meanDirection(F, 3)
  return Array.from({ length: rows.length / 3 }, (_, i) => {
    const row = rowOf(rows, 3, i)
    return 1 + dot(row, towards) / Math.hypot(...row)
  })
}

describe('depth', () => {
  it("agrees with an independent implementation's depths and rank sum", () => {
    expect(relativeError(heldOutDepths(F, 3), DEPTHS_F)).toBeLessThan(1e-12)
    expect(relativeError(depthsOf(G), DEPTHS_G)).toBeLessThan(1e-12)
    const shares = depthsOf(G).map((one) => DEPTHS_F.filter((other) => other < one).length / 5)
    expect(rankSumZ(shares.reduce((sum, share) => sum + share) / 4, 4, 5)).toBeCloseTo(Z, 9)
  })

  it('scores the square of that z, by its own edges and sums', async () => {
    const summary = await summaryOf(F, 5, 3)
    const fitted = await depth.fit(summary, multiply)
    expect(windowScorer(depth, summary, fitted)(G)).toBeCloseTo(Z ** 2, 6)
    expect(windowScorer(depth, summary, fitted)(F)).toBe(0)
  })

  it('sees directions that turn away from the mean, not ones that close up to it nor lengths', async () => {
    const [n, d] = [1000, 16]
    const summary = await summaryOf(cone(1, n, d), n, d)
    const score = windowScorer(depth, summary, await depth.fit(summary, multiply))
    const usual = Array.from({ length: 60 }, (_, i) => score(cone(10 + i, 64, d))).sort((a, b) => a - b)
    const limit = usual[57]
    const seen = (change: (rows: Float64Array) => Float64Array) =>
      Array.from({ length: 20 }, (_, i) => score(change(cone(200 + i, 64, d)))).filter((one) => one > limit).length
    expect(seen((rows) => rows.map((value, at) => (at % d === 3 ? value + 2 : value)))).toBeGreaterThan(18)
    expect(seen((rows) => rows.map((value) => 5 + 0.8 * (value - 5)))).toBe(0)
    expect(seen((rows) => rows.map((value) => 3 * value))).toBeLessThan(4)
  })
})
