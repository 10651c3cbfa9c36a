import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { covariance } from '../../detectors/covariance.js'
import type { WindowDetector } from '../../detectors/detector.js'
import { distances } from '../../detectors/distances.js'
import { multiply } from '../../detectors/matmul.js'
import { detectors } from '../../detectors/registry.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { standardise } from '../../detectors/standardisation.js'
import { whiten } from '../../detectors/whitening.js'
import { place } from '../../detectors/window-sums.js'
import { rowsBefore } from '../../references/rows.js'
import { correlatedRows, normals, relativeError, rowOf, summaryOf } from './samples.js'
import { windowScorer } from './windows.js'

/** Scores of one window of rows by a detector that was fitted on other rows. */
async function scorerOf(detector: WindowDetector, reference: Float64Array, d: number) {
  const summary = await summaryOf(reference, reference.length / d, d)
  return windowScorer(detector, summary, await detector.fit(summary, multiply))
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** The same windows, each record moved away from the mean by a factor. */
const windows = (count: number, m: number, d: number, factor: number, seed: number): Float64Array[] =>
  Array.from({ length: count }, (_, i) => correlatedRows(seed + i, m, d).map((value) => value * factor))

describe('the statistics of rows', () => {
  it.each([3, 40])('are the same in the graph as by definition (d = %i)', async (d) => {
    const rows = correlatedRows(1, 400, d, 5)
    const { whitening, ...rest } = await summaryOf(rows, 400, d)
    const fitted = await Promise.all(
      detectors
        .filter((detector) => detector.kind === 'window')
        .map(async (detector) => ({
          detector,
          fitted: await detector.fit({ whitening, ...rest }, multiply),
        })),
    )
    const placement = place(d, fitted)
    const runner = await openGraph(scoringGraph(whitening, [], placement, 'float64'), d)
    const inputs = correlatedRows(2, 30, d, 5)
    const before = rowsBefore(inputs, d)
    const { statistics } = await runner.run(inputs, 30, undefined, { previous: before })
    for (let i = 0; i < 30; i++) {
      const [z, previous] = [inputs, before].map((rows) => whiten(whitening, rowOf(rows, d, i)))
      const standardised = standardise(rowOf(inputs, d, i), 1, whitening)
      const expected = [...z, ...placement.detectors.flatMap((placed) => [...(placed.statistics?.of(z, { previous, standardised }) ?? [])])]
      expect(relativeError(statistics.subarray(i * placement.width, (i + 1) * placement.width), expected)).toBeLessThan(1e-4)
    }
    await runner.close()
  })
})

const own = detectors.flatMap((detector) => (detector.kind === 'window' && detector.statistics ? [{ name: detector.name, detector }] : []))

it.each(own)('those of $name are alike, to the last bit, in whatever batch a row comes', async ({ detector }) => {
  const d = 6
  const summary = await summaryOf(correlatedRows(1, 300, d, 5), 300, d)
  const placement = place(d, [{ detector, fitted: await detector.fit(summary, multiply) }])
  const runner = await openGraph(scoringGraph(summary.whitening, [], placement, 'float64'), d)
  const rows = correlatedRows(2, 60, d, 5)
  const whole = (await runner.run(rows, 60)).statistics.slice()
  for (const size of [1, 2, 3, 7, 16]) {
    for (let at = 0; at + size <= 60; at += size) {
      const { statistics } = await runner.run(rows.subarray(at * d, (at + size) * d), size)
      expect(statistics).toEqual(whole.slice(at * placement.width, (at + size) * placement.width))
    }
  }
  await runner.close()
})

describe('covariance', () => {
  it('squared has the mean k (k + 1) / 2 without a change, for any length of the window', async () => {
    const d = 4
    const score = await scorerOf(covariance, correlatedRows(1, 20_000, d), d)
    for (const m of [8, 64]) expect(mean(windows(400, m, d, 1, 100).map((window) => score(window) ** 2))).toBeCloseTo(10, -0.5)
  })

  it('sees a changed correlation that leaves every feature as it was', async () => {
    const d = 4
    const score = await scorerOf(covariance, correlatedRows(1, 4000, d), d)
    const normal = normals(9)
    const uncorrelated = Float64Array.from({ length: 64 * d }, (_, at) => (1 + ((at % d) % 3)) * normal())
    expect(score(uncorrelated)).toBeGreaterThan(1.4 * Math.max(...windows(100, 64, d, 1, 300).map(score)))
  })

  it('says by how much the spread of each feature has changed, whatever its mean', async () => {
    const [d, m] = [4, 64]
    const rows = correlatedRows(1, 4000, d)
    const summary = await summaryOf(rows, 4000, d)
    const fitted = await covariance.fit(summary, multiply)
    const statistics = covariance.statistics?.(fitted)
    // One feature stands still near its mean, one varies twice as much, one has moved.
    const window = correlatedRows(2, m, d).map((value, at) => [0.1, 2 * value, value, value + 9][at % d])
    const each = Array.from({ length: m }, (_, i) => whiten(summary.whitening, rowOf(window, d, i)))
    const sum = (of: readonly ArrayLike<number>[]) => Float64Array.from(of[0], (_, j) => of.reduce((all, one) => all + one[j], 0))
    const sums = { m, z: sum(each), own: sum(each.map((z) => statistics?.of(z) ?? [])) }
    const deviation = (of: Float64Array, j: number) => {
      const column = of.filter((_, at) => at % d === j)
      const middle = mean([...column])
      return Math.sqrt(mean([...column].map((value) => (value - middle) ** 2)))
    }
    const spreads = covariance.explain(fitted, summary.whitening, sums).map(({ spread }) => spread ?? Number.NaN)
    expect(spreads[0]).toBeLessThan(0.01)
    for (const j of [1, 2, 3]) expect(spreads[j] / (deviation(window, j) / deviation(rows, j))).toBeCloseTo(1, 2)
  })

  it.each([4, 20])('does not change by a feature that never varies (d = %i)', async (d) => {
    const wider = (rows: Float64Array) =>
      Float64Array.from({ length: (rows.length / d) * (d + 1) }, (_, at) => {
        const [row, j] = [Math.floor(at / (d + 1)), at % (d + 1)]
        return j === 0 ? 7 : rows[row * d + j - 1]
      })
    const reference = correlatedRows(1, 1000, d)
    const [score, other] = [await scorerOf(covariance, reference, d), await scorerOf(covariance, wider(reference), d + 1)]
    for (const window of windows(5, 64, d, 1.2, 500)) expect(other(wider(window)) / score(window)).toBeCloseTo(1, 1)
  })

  it('does not depend on the order of the features, also where it looks in some directions only', async () => {
    const d = 20
    const order = Array.from({ length: d }, (_, j) => (7 * j + 3) % d)
    const reorder = (rows: Float64Array) => rows.map((_, at) => rows[at - (at % d) + order[at % d]])
    const reference = correlatedRows(1, 1000, d)
    const [score, other] = [await scorerOf(covariance, reference, d), await scorerOf(covariance, reorder(reference), d)]
    for (const window of windows(5, 64, d, 1.2, 500)) expect(other(reorder(window)) / score(window)).toBeCloseTo(1, 2)
  })
})

describe('distances', () => {
  it('has the mean 1 without a change, also where the reference is short of rows', async () => {
    for (const [n, d] of [
      [5000, 3],
      [600, 40],
    ]) {
      const score = await scorerOf(distances, correlatedRows(1, n, d), d)
      expect(mean(windows(300, 64, d, 1, 100).map(score))).toBeLessThan(1.6)
      expect(mean(windows(300, 64, d, 1, 100).map(score))).toBeGreaterThan(0.7)
    }
  })

  it.each([
    ['scale', 1.15],
    ['contraction', 0.87],
  ])('sees a change of %s', async (_what, factor) => {
    const d = 16
    const score = await scorerOf(distances, correlatedRows(1, 2000, d), d)
    const usual = windows(100, 64, d, 1, 300).map(score)
    const limit = usual.toSorted((a, b) => a - b)[97]
    expect(windows(50, 64, d, factor, 600).filter((window) => score(window) > limit).length).toBeGreaterThan(45)
  })
})
