import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import type { WindowSums } from '../../detectors/detector.js'
import { features } from '../../detectors/features.js'
import { multiply } from '../../detectors/matmul.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { whiten } from '../../detectors/whitening.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, normals, rowOf, summaryOf } from './samples.js'

async function judge(reference: Float64Array, d: number) {
  const { whitening, ...rest } = await summaryOf(reference, reference.length / d, d)
  const fitted = await features.fit({ whitening, ...rest }, multiply)
  const { of, width } = features.statistics?.(fitted) ?? expect.unreachable()
  const sumsOf = (rows: Float64Array): WindowSums => {
    const sums = { m: rows.length / d, z: new Float64Array(d), own: new Float64Array(width) }
    for (let i = 0; i < sums.m; i++) {
      of(whiten(whitening, rowOf(rows, d, i))).forEach((value, j) => {
        sums.own[j] += value
      })
    }
    return sums
  }
  return {
    width,
    score: (rows: Float64Array) => features.score(fitted, sumsOf(rows)),
    explain: (rows: Float64Array) => features.explain(fitted, whitening, sumsOf(rows)),
  }
}

/** Independent, so that each value is a try of its own. */
const normalRows = (seed: number, n: number, d: number): Float64Array => {
  const normal = normals(1000 + seed)
  return Float64Array.from({ length: n * d }, normal)
}

describe('features', () => {
  it('is m times the mean of (F - p)^2 / (p (1 - p)) over the edges', async () => {
    const d = 1
    const reference = Float64Array.from({ length: 1600 }, (_, i) => i)
    const { score } = await judge(reference, d)
    // Edges at the values of ranks 100, 300, ... 1500; above them 1499, 1299, ... 99 of 1600. The window lies above all of them but two.
    const p = Array.from({ length: 8 }, (_, b) => (1499 - 200 * b) / 1600)
    const terms = p.map((share, b) => ((b < 6 ? 1 : 0) - share) ** 2 / (share * (1 - share)))
    const mean = terms.reduce((sum, term) => sum + term, 0) / 8
    expect(score(new Float64Array(10).fill(1200))).toBeCloseTo(10 * mean, 9)
  })

  it('names the feature that has two modes at its usual mean and spread', async () => {
    const d = 5
    const { score, explain } = await judge(correlatedRows(1, 2000, d), d)
    const normal = normals(3)
    const window = (i: number) => correlatedRows(10 + i, 256, d)
    const limit = Math.max(...Array.from({ length: 100 }, (_, i) => score(window(i))))
    const modes = window(200).map((value, at) => (at % d === 3 ? Math.sign(value) * 0.95 + 0.31 * normal() : value))
    expect(score(modes)).toBeGreaterThan(limit)
    expect(
      explain(modes)
        .filter(({ share }) => share > 0)
        .map(({ index }) => index),
    ).toEqual([3])
  })

  it('lists all features that have drifted, the strongest first, and no other', async () => {
    const d = 12
    const { score, explain } = await judge(correlatedRows(1, 1000, d), d)
    const moved = correlatedRows(7, 128, d).map((value, at) => value + ({ 2: 3, 5: 2, 9: -2 }[at % d] ?? 0))
    const shares = explain(moved)
    const listed = shares.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share)
    expect(listed.map(({ index }) => index).sort((a, b) => a - b)).toEqual([2, 5, 9])
    expect(listed.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(score(moved), 9)
    expect(Math.max(...listed.map(({ pValue = 1 }) => pValue))).toBeLessThan(0.01)
    expect(Math.min(...shares.filter(({ share }) => share === 0).map(({ pValue = 0 }) => pValue))).toBeGreaterThan(0.01)
  })

  it('gives all to the strongest where no feature has drifted', async () => {
    const d = 12
    const { score, explain } = await judge(correlatedRows(1, 1000, d), d)
    const usual = correlatedRows(8, 64, d)
    expect(explain(usual).filter(({ share }) => share > 0)).toMatchObject([{ share: score(usual) }])
  })

  it.each([
    ['continuous', (value: number) => value],
    ['binary', (value: number) => Number(value > 1.5)],
    ['whole numbers', Math.round],
  ])('gives p of %s features that are seldom small without drift, whatever reference was drawn', async (_what, rounded) => {
    const d = 20
    const p: number[] = []
    for (let seed = 0; seed < 10; seed++) {
      const { explain } = await judge(normalRows(2 * seed, 60, d).map(rounded), d)
      p.push(...explain(normalRows(2 * seed + 1, 40, d).map(rounded)).map(({ pValue = 0 }) => pValue))
    }
    expect(p.filter((one) => one <= 0.1).length / p.length).toBeLessThan(0.1)
    expect(p.every((one) => one > 0 && one <= 1)).toBe(true)
  })

  it.each([
    [3, 24],
    [40, 240],
    [200, 200],
    [300, 256],
  ])('takes of %i features %i numbers of a row', async (d, width) => {
    expect((await judge(correlatedRows(1, 60, d), d)).width).toBe(width)
  })

  it.each([
    ['binary', (value: number) => Number(value > 1.5)],
    ['whole numbers', Math.round],
  ])('counts %s alike in the graph and by definition', async (_what, rounded) => {
    const d = 4
    const { whitening, ...rest } = await summaryOf(correlatedRows(1, 500, d).map(rounded), 500, d)
    const fitted = await features.fit({ whitening, ...rest }, multiply)
    const placement = place(d, [{ detector: features, fitted }])
    const runner = await openGraph(scoringGraph(whitening, [], placement, 'float32'), d)
    const rows = correlatedRows(2, 64, d).map(rounded)
    const { statistics } = await runner.run(Float32Array.from(rows), 64)
    const { of } = features.statistics?.(fitted) ?? expect.unreachable()
    for (let i = 0; i < 64; i++) {
      const own = statistics.subarray(i * placement.width + d, (i + 1) * placement.width)
      expect([...own]).toEqual([...of(whiten(whitening, rowOf(rows, d, i)))])
    }
    await runner.close()
  })

  it('bears features of few values', async () => {
    const d = 2
    const binary = (seed: number, n: number) => correlatedRows(seed, n, d).map((value) => Number(value > 1.5))
    const { score } = await judge(binary(1, 2000), d)
    const usual = Array.from({ length: 50 }, (_, i) => score(binary(100 + i, 64)))
    expect(score(binary(5, 64).map((value) => 1 - value))).toBeGreaterThan(3 * Math.max(...usual))
  })
})
