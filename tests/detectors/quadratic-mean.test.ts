import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { FLOOR } from '../../detectors/channels.js'
import { multiply } from '../../detectors/matmul.js'
import { geometricMean, quadraticMean } from '../../detectors/quadratic-mean.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { standardise } from '../../detectors/standardisation.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, normals, rowOf, summaryOf } from './samples.js'
import { windowScorer } from './windows.js'

const [n, d] = [400, 5]
const rows = correlatedRows(1, n, d, 2)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const column = (of: Float64Array, j: number) => [...of].filter((_, at) => at % d === j)
/** b m / (b + m) of a window of m. */
const factor = (m: number) => Math.sqrt((n * m) / (n + m))

const both = [
  { detector: quadraticMean, logarithm: (values: readonly number[]) => Math.log(mean(values.map((value) => value * value))) },
  { detector: geometricMean, logarithm: (values: readonly number[]) => mean(values.map((value) => Math.log(value * value))) },
]

describe.each(both)('$detector.name', ({ detector, logarithm }) => {
  it('is the mean change of the logarithm of its mean of squares about zero', async () => {
    const summary = await summaryOf(rows, n, d)
    const score = windowScorer(detector, summary, await detector.fit(summary, multiply))
    const window = correlatedRows(2, 20, d, 2.5)
    const changes = [0, 1, 2, 3, 4].map((j) => Math.abs(logarithm(column(window, j)) - logarithm(column(rows, j))))
    expect(score(window)).toBeCloseTo(factor(20) * mean(changes), 6)
  })

  it('is 2 ln k where all values are k times the reference', async () => {
    const summary = await summaryOf(rows, n, d)
    const score = windowScorer(detector, summary, await detector.fit(summary, multiply))
    expect(score(rows)).toBeCloseTo(0, 9)
    // Values next to zero count as a thousandth of the usual magnitude.
    for (const k of [1.5, 0.5]) expect(score(rows.map((value) => k * value)) / (factor(n) * 2 * Math.abs(Math.log(k)))).toBeCloseTo(1, 2)
  })

  it('is as high in windows of any length without drift, nearly', async () => {
    const summary = await summaryOf(rows, n, d)
    const score = windowScorer(detector, summary, await detector.fit(summary, multiply))
    const usual = (m: number) => mean(Array.from({ length: 200 }, (_, i) => score(correlatedRows(100 + i, m, d, 2))))
    expect(usual(64) / usual(16)).toBeGreaterThan(0.75)
    expect(usual(64) / usual(16)).toBeLessThan(1.33)
  })

  it('takes a channel of pictures as one: the square of its mean and its variance', async () => {
    const normal = normals(3)
    /** A channel's mean and spread, and a feature by itself. */
    const made = (count: number, louder = 1) =>
      Float64Array.from({ length: count * 3 }, (_, at) => {
        const value = normal()
        if (at % 3 === 0) return louder * (1 + 0.5 * value)
        return at % 3 === 1 ? Math.log(louder * Math.exp(0.3 * value) + FLOOR) : 5 + value
      })
    const clean = made(300)
    const summary = { ...(await summaryOf(clean, 300, 3)), channels: [{ mean: 0, logSd: 1 }] }
    const fitted = await detector.fit(summary, multiply)
    expect(detector.statistics?.(fitted).width).toBe(2)
    const score = windowScorer(detector, summary, fitted)
    const window = made(16, 1.7)
    const energies = (of: Float64Array) =>
      Array.from({ length: of.length / 3 }, (_, i) => Math.hypot(of[3 * i], Math.exp(of[3 * i + 1]) - FLOOR))
    const alone = (of: Float64Array) => Array.from({ length: of.length / 3 }, (_, i) => of[3 * i + 2])
    const change = (of: (some: Float64Array) => number[]) => Math.abs(logarithm(of(window)) - logarithm(of(clean)))
    expect(score(window)).toBeCloseTo((Math.sqrt((300 * 16) / 316) * (change(energies) + change(alone))) / 2, 6)

    const runner = await openGraph(scoringGraph(summary.whitening, [], place(3, [{ detector, fitted }]), 'float64'), 3)
    const { statistics } = await runner.run(window, 16)
    for (let i = 0; i < 16; i++) {
      const standardised = standardise(rowOf(window, 3, i), 1, summary.whitening)
      const own = detector.statistics?.(fitted).of(new Float64Array(3), { standardised }) ?? []
      own.forEach((value, c) => {
        expect(statistics[i * 5 + 3 + c]).toBeCloseTo(value, 4)
      })
    }
    await runner.close()
  })
})

it('one record that is far out moves the geometric mean little, a change of all of them as much as the quadratic', async () => {
  const summary = await summaryOf(rows, n, d)
  const window = correlatedRows(2, 32, d, 2)
  const outlier = window.map((value, at) => (at < d ? 100 * value : value))
  const all = window.map((value) => 1.5 * value)
  const [quadratic, geometric] = await Promise.all(
    [quadraticMean, geometricMean].map(async (detector) => windowScorer(detector, summary, await detector.fit(summary, multiply))),
  )
  expect(quadratic(outlier)).toBeGreaterThan(4 * quadratic(all))
  expect(geometric(outlier)).toBeLessThan(geometric(all))
})
