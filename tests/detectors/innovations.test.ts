import { describe, expect, it } from 'vitest'
import { distances } from '../../detectors/distances.js'
import { gaussian } from '../../detectors/gaussian.js'
import { innovationDistances } from '../../detectors/innovation-distances.js'
import { innovations } from '../../detectors/innovations.js'
import { multiply } from '../../detectors/matmul.js'
import { Unfit } from '../../detectors/unfit.js'
import { normals, rowOf, summaryOf } from './samples.js'
import { vectorRecord, vectorRows } from './vector-rows.js'
import { windowScorer } from './windows.js'

const d = 4
const phi = 0.95

/** One stream of features that follow one another slowly, each with the deviation 1. */
function slow(seed: number, n: number): Float64Array {
  const normal = normals(seed)
  const rows = Float64Array.from({ length: n * d }, normal)
  for (let at = d; at < rows.length; at++) rows[at] = phi * rows[at - d] + Math.sqrt(1 - phi * phi) * rows[at]
  return rows
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('innovations', () => {
  it('gives the numbers of an independent regression (NumPy), after another record and as a first one', async () => {
    const summary = await summaryOf(vectorRows, 12, 3)
    const fitted = await innovations.fit(summary, multiply)
    expect(innovations.score(fitted, summary.whitening, vectorRecord, rowOf(vectorRows, 3, 11))).toBeCloseTo(61.2556753954999, 9)
    expect(innovations.score(fitted, summary.whitening, vectorRecord)).toBeCloseTo(105.29768688114608, 9)
  })

  it('judges a record by the one before it: a jump between usual values is unusual, a usual step at an unusual height is not', async () => {
    const summary = await summaryOf(slow(1, 4000), 4000, d)
    const { whitening } = summary
    const fitted = await innovations.fit(summary, multiply)
    const [low, high, higher] = [-1.5, 3, 3.1].map((value) => new Float64Array(d).fill(value))
    const [usual, top] = [low.map((value) => -value), 4 * d]
    expect(gaussian.score({ scalars: {}, tensors: {} }, whitening, usual)).toBeLessThan(top)
    expect(innovations.score(fitted, whitening, usual, low)).toBeGreaterThan(20 * top)
    expect(gaussian.score({ scalars: {}, tensors: {} }, whitening, higher)).toBeGreaterThan(2 * top)
    expect(innovations.score(fitted, whitening, higher, high)).toBeLessThan(top)
  })

  it('has the mean d over clean records, and makes a first record quiet', async () => {
    const summary = await summaryOf(slow(1, 4000), 4000, d)
    const fitted = await innovations.fit(summary, multiply)
    const rows = slow(2, 2000)
    const scores = Array.from({ length: 1999 }, (_, i) =>
      innovations.score(fitted, summary.whitening, rowOf(rows, d, i + 1), rowOf(rows, d, i)),
    )
    expect(mean(scores) / d).toBeCloseTo(1, 1)
    const first = Array.from({ length: 2000 }, (_, i) => innovations.score(fitted, summary.whitening, rowOf(rows, d, i)))
    expect(mean(first) / d).toBeLessThan(0.1)
  })

  it('refuses a reference without consecutive records', async () => {
    const { pairs: _, ...summary } = await summaryOf(slow(1, 100), 100, d)
    for (const detector of [innovations, innovationDistances]) await expect(detector.fit(summary, multiply)).rejects.toThrow(Unfit)
  })
})

describe('innovation-distances', () => {
  it('has the mean 1 without a change though the records hang together, and sees a scale that distances does not', async () => {
    const summary = await summaryOf(slow(1, 4000), 4000, d)
    const scoreOf = async (detector: typeof distances) => windowScorer(detector, summary, await detector.fit(summary, multiply))
    const [own, other] = [await scoreOf(innovationDistances), await scoreOf(distances)]
    const windows = (factor: number) => Array.from({ length: 100 }, (_, i) => slow(100 + i, 256).map((value) => value * factor))
    const usual = windows(1)
    expect(mean(usual.map(own))).toBeGreaterThan(0.6)
    expect(mean(usual.map(own))).toBeLessThan(1.6)
    const found = (score: (window: Float64Array) => number) => {
      const limit = Math.max(...usual.map(score))
      return windows(1.25).filter((window) => score(window) > limit).length
    }
    expect(found(own)).toBeGreaterThan(90)
    expect(found(other)).toBeLessThan(50)
  })
})
