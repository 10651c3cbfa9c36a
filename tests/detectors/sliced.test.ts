import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { multiply } from '../../detectors/matmul.js'
import { sliced } from '../../detectors/sliced.js'
import { whiten } from '../../detectors/whitening.js'
import { correlatedRows, rowOf, summaryOf } from './samples.js'
import { windowScorer } from './windows.js'

/** The area between the distribution functions of two samples, from all their values. */
const wasserstein = (a: readonly number[], b: readonly number[]): number => {
  const values = [...a, ...b].sort((x, y) => x - y)
  const below = (sample: readonly number[], x: number) => sample.filter((value) => value <= x).length / sample.length
  return values.slice(1).reduce((sum, x, i) => sum + (x - values[i]) * Math.abs(below(a, values[i]) - below(b, values[i])), 0)
}

const [n, d] = [400, 5]
const reference = correlatedRows(1, n, d, 5)

async function fitted() {
  const summary = await summaryOf(reference, n, d)
  const model = await sliced.fit(summary, multiply)
  const directions = model.tensors.directions.data
  const along = (rows: Float64Array, k: number) =>
    Array.from({ length: rows.length / d }, (_, i) =>
      whiten(summary.whitening, rowOf(rows, d, i)).reduce((sum, z, j) => sum + z * directions[k * d + j], 0),
    )
  /** The score with W1 by all values. */
  const exact = (rows: Float64Array): number => {
    const m = rows.length / d
    const all = Array.from({ length: directions.length / d }, (_, k) => wasserstein(along(rows, k), along(reference, k)))
    return ((m * n) / (m + n)) * (all.reduce((sum, one) => sum + one) / all.length) ** 2
  }
  return { summary, model, exact, score: windowScorer(sliced, summary, model) }
}

describe('sliced', () => {
  it('is the exact distance where everything has moved one way', async () => {
    const { score, exact } = await fitted()
    const moved = reference.map((value, at) => (at % d === 2 ? value + 0.8 : value))
    expect(score(moved) / exact(moved)).toBeCloseTo(1, 9)
    expect(score(reference)).toBeLessThan(1e-20)
  })

  it('is otherwise at most that, and not much less', async () => {
    const { score, exact } = await fitted()
    fc.assert(
      fc.property(fc.integer(), fc.double({ noNaN: true, min: 0.2, max: 4 }), (seed, factor) => {
        const window = correlatedRows(seed, 30, d, 5).map((value) => factor * value)
        const part = Math.sqrt(score(window) / exact(window))
        expect(part).toBeLessThan(1 + 1e-9)
        expect(part).toBeGreaterThan(0.8)
      }),
      { numRuns: 8 },
    )
  })

  it('blames the feature that has moved', async () => {
    const { summary, model } = await fitted()
    const z = new Float64Array(d)
    const own = new Float64Array(model.tensors.mean.data.length)
    const statistics = sliced.statistics?.(model)
    for (let i = 0; i < n; i++) {
      const row = whiten(
        summary.whitening,
        rowOf(reference, d, i).map((value, j) => (j === 3 ? value + 2 : value)),
      )
      row.forEach((value, j) => {
        z[j] += value
      })
      statistics?.of(row).forEach((value, j) => {
        own[j] += value
      })
    }
    const shares = sliced.explain(model, summary.whitening, { m: n, z, own })
    const score = sliced.score(model, { m: n, z, own })
    expect(shares[3].share / score).toBeGreaterThan(0.7)
  })
})
