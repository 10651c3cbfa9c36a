import fc from 'fast-check'
import { inverse, Matrix } from 'ml-matrix'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ReferenceSummary, WindowSums } from '../../detectors/detector.js'
import { multiply } from '../../detectors/matmul.js'
import { near3Means } from '../../detectors/near3-means.js'
import type { Fitted } from '../../detectors/stored.js'
import { Unfit } from '../../detectors/unfit.js'
import { whiten } from '../../detectors/whitening.js'
import { place, scoreLengths } from '../../detectors/window-sums.js'
import { correlatedRows, normals, rowOf, summaryOf, WINDOW } from './samples.js'
import { windowScorer } from './windows.js'

const d = 4
const n = 280

/** Autocorrelated rows: three features that hang together, and one (of number 1) that walks. */
const moving = (seed: number, rows: number): Float64Array => {
  const normal = normals(seed)
  const all = correlatedRows(seed + 100, rows, d, 5)
  let walk = 0
  for (let i = 0; i < rows; i++) {
    walk += 0.1 * normal()
    for (let j = 0; j < d; j++) all[i * d + j] = j === 1 ? 20 + walk : all[i * d + j] + (i > 0 ? 0.5 * (all[(i - 1) * d + j] - 5) : 0)
  }
  return all
}

const fitTo = async (rows: Float64Array) => {
  const summary = await summaryOf(rows, rows.length / d, d)
  return { summary, fitted: await near3Means.fit(summary, multiply) }
}

const sumsOf = ({ whitening }: ReferenceSummary, window: Float64Array): WindowSums => {
  const z = new Float64Array(d)
  for (let i = 0; i < window.length / d; i++) {
    whiten(whitening, rowOf(window, d, i)).forEach((value, j) => {
      z[j] += value
    })
  }
  return { m: window.length / d, z, own: new Float64Array(0) }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const variance = (values: readonly number[]) => mean(values.map((value) => (value - mean(values)) ** 2))
const at99 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1]
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1]

/** The features that are looked at, and the score of a window by the definition, in loops. */
function definition(reference: Float64Array) {
  const columns = Array.from({ length: d }, (_, j) => Array.from({ length: n }, (_, i) => reference[i * d + j]))
  const blocks = (column: readonly number[]) => Array.from({ length: n / 40 }, (_, b) => mean(column.slice(40 * b, 40 * b + 40)))
  const kept = [...columns.keys()].filter((j) => variance(blocks(columns[j])) <= 0.7 * variance(columns[j]))
  const means = Array.from({ length: n - WINDOW + 1 }, (_, i) => kept.map((j) => mean(columns[j].slice(i, i + WINDOW))))
  const perFeature = kept.map((_, c) => means.map((row) => row[c]))
  const ranges = perFeature.map((values) => Math.max(...values) - Math.min(...values))
  const centres = perFeature.map(mean)
  const scales = perFeature.map((values) => Math.sqrt((variance(values) * means.length) / (means.length - 1)))
  // The covariance of the standardised means, shrunk by 0.001.
  const unit = means.map((row) => row.map((value, c) => (value - centres[c]) / scales[c]))
  const covariance = new Matrix(kept.map((_, a) => kept.map((_, b) => mean(unit.map((row) => row[a] * row[b])))))
  const shrunk = Matrix.mul(covariance, 0.999).add(Matrix.eye(kept.length).mul((0.001 * covariance.trace()) / kept.length))
  const precision = inverse(shrunk).to2DArray()
  const byRange = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((value, c) => (value - b[c]) / ranges[c]))
  const whitened = (a: readonly number[], b: readonly number[]) => {
    const u = a.map((value, c) => (value - b[c]) / scales[c])
    return Math.sqrt(u.reduce((sum, value, c) => sum + value * precision[c].reduce((dot, one, e) => dot + one * u[e], 0), 0))
  }
  const nearest = (distance: typeof byRange, row: readonly number[], k: number, i: number) =>
    means
      .map((other, at) => ({ at, distance: Math.abs(at - i) >= 2 * WINDOW ? distance(row, other) : Number.POSITIVE_INFINITY }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, k)
  const fifth = means.map((row, i) => nearest(byRange, row, 5, i)[4].distance)
  const floors = fifth.map((distance) => Math.max(distance, 0.001 * median(fifth)))
  const rulers = (row: readonly number[], i: number) => {
    const five = nearest(byRange, row, 5, i)
    return [
      mean(five.slice(0, 3).map(({ distance }) => distance)),
      mean(five.map(({ distance }) => distance)) / Math.sqrt(mean(five.map(({ at }) => floors[at]))),
      mean(nearest(whitened, row, 3, i).map(({ distance }) => distance)),
    ]
  }
  const among = means.map(rulers)
  const score = (window: Float64Array) => {
    const own = kept.map((j) => mean(Array.from({ length: WINDOW }, (_, i) => window[i * d + j])))
    const ratios = rulers(own, Number.NEGATIVE_INFINITY).map((value, r) => {
      const all = among.map((row) => row[r])
      return (value + 0.001 * median(all)) / (at99(all) + 0.001 * median(all))
    })
    return ratios.reduce((product, ratio) => product * ratio, 1) ** (2 / 3)
  }
  return { kept, score }
}

const reference = moving(1, n)
let summary: ReferenceSummary
let fitted: Fitted
beforeAll(async () => {
  ;({ summary, fitted } = await fitTo(reference))
})

describe('near3-means', () => {
  it('scores as by definition, without the features that are slow', () => {
    const score = windowScorer(near3Means, summary, fitted)
    const expected = definition(reference)
    expect(expected.kept).toEqual([0, 2, 3])
    expect([...fitted.tensors.kept.data]).toEqual(expected.kept)
    for (const shift of [0, 0.5, 3, 30]) {
      const window = moving(2, WINDOW).map((value, at) => value + (at % d === 2 ? shift : 0))
      expect(score(window) / expected.score(window)).toBeCloseTo(1, 6)
    }
  })

  it('names who moved, and gives nothing to a slow feature', () => {
    const window = moving(2, WINDOW).map((value, at) => value + (at % d === 2 ? 20 : at % d === 1 ? 100 : 0))
    const shares = near3Means.explain(fitted, summary.whitening, sumsOf(summary, window))
    expect(shares[1].share).toBe(0)
    expect(shares[1].sigma).toBeGreaterThan(10)
    expect(Math.max(...shares.map(({ share }) => share))).toBe(shares[2].share)
  })

  it('does not depend on the units or the order of the features', async () => {
    const order = [3, 0, 2, 1]
    const units = [1e-3, 7, -1, 1e4]
    const changed = (values: Float64Array) => values.map((_, at) => values[at - (at % d) + order[at % d]] * units[at % d] + 3)
    const other = await fitTo(changed(reference))
    const [one, two] = [windowScorer(near3Means, summary, fitted), windowScorer(near3Means, other.summary, other.fitted)]
    fc.assert(
      fc.property(fc.integer(), fc.double({ noNaN: true, min: -5, max: 5 }), (seed, shift) => {
        const window = moving(seed, WINDOW).map((value) => value + shift)
        expect(two(changed(window)) / one(window)).toBeCloseTo(1, 5)
      }),
      { numRuns: 20 },
    )
  })

  it('looks at the shortest window only', () => {
    const placement = place(d, [{ detector: near3Means, fitted }])
    const [short, long] = [moving(2, WINDOW), moving(2, 4 * WINDOW).map((value) => value + 5)].map((window) => sumsOf(summary, window))
    const sums = Float64Array.from([...short.z, ...long.z])
    const { score, of } = scoreLengths(placement, placement.detectors[0], { lengths: [short.m, long.m], sums })
    expect(of.m).toBe(WINDOW)
    expect(score).toBe(near3Means.score(fitted, short))
    expect(score).toBeLessThan(near3Means.score(fitted, long))
  })

  it('keeps all features where all are slow, and none that never varied', async () => {
    const rows = Float64Array.from({ length: n * d }, (_, at) => (at % d === 3 ? 7 : Math.sin(Math.floor(at / d) / (50 + (at % d)))))
    const all = await fitTo(rows)
    expect(Math.min(...(all.summary.windowMeans?.slowness.slice(0, 3) ?? []))).toBeGreaterThan(0.7)
    expect([...all.fitted.tensors.kept.data]).toEqual([0, 1, 2])
  })

  it('refuses a reference of too few windows, or of none that vary', async () => {
    await expect(fitTo(moving(1, 10 * WINDOW - 1))).rejects.toThrow(
      /at least 10 windows of 16 records end to end .*, got 9; give more rows/,
    )
    const { size, m, means } = summary.windowMeans ?? expect.unreachable()
    const alike = { ...summary, windowMeans: { ...summary.windowMeans, size, m, means: new Float64Array(means.length) } }
    await expect(near3Means.fit({ ...summary, ...alike } as ReferenceSummary, multiply)).rejects.toThrow(Unfit)
  })
})
