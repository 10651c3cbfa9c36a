import { describe, expect, it } from 'vitest'
import { countedClusters } from '../../detectors/cluster-count.js'
import type { WindowSums } from '../../detectors/detector.js'
import { multiply } from '../../detectors/matmul.js'
import { mixture } from '../../detectors/mixture.js'
import { whiten } from '../../detectors/whitening.js'
import { correlatedRows, normals, rowOf, summaryOf, uniforms } from './samples.js'

const d = 6
const SITUATIONS = 3

/** n rows of situations that lie 6 standard deviations apart, in the given mix; `moved` is added to feature 2 of situation 1. */
const rowsOf = (seed: number, n: number, mix: readonly number[], moved = 0): Float64Array => {
  const normal = normals(seed)
  const uniform = uniforms(seed + 1)
  const rows = new Float64Array(n * d)
  for (let i = 0; i < n; i++) {
    let u = uniform()
    const situation = mix.findIndex((share) => {
      u -= share
      return u < 0
    })
    for (let j = 0; j < d; j++) rows[i * d + j] = normal() + (j === situation ? 6 : 0) + (situation === 1 && j === 4 ? moved : 0)
  }
  return rows
}

const even = [0.34, 0.33, 0.33]

async function judge() {
  const { whitening, ...rest } = await summaryOf(rowsOf(1, 1500, even), 1500, d)
  const fitted = await mixture.fit({ whitening, ...rest }, multiply)
  const { of, width } = mixture.statistics?.(fitted) ?? expect.unreachable()
  const sumsOf = (rows: Float64Array): WindowSums => {
    const m = rows.length / d
    const sums = { m, z: new Float64Array(d), own: new Float64Array(width) }
    for (let i = 0; i < m; i++) {
      const z = whiten(whitening, rowOf(rows, d, i))
      z.forEach((value, j) => {
        sums.z[j] += value
      })
      of(z).forEach((value, j) => {
        sums.own[j] += value
      })
    }
    return sums
  }
  return {
    score: (rows: Float64Array) => mixture.score(fitted, sumsOf(rows)),
    explain: (rows: Float64Array) => mixture.explain(fitted, whitening, sumsOf(rows)),
  }
}

const scores = (score: (rows: Float64Array) => number, mix: readonly number[], moved = 0) =>
  Array.from({ length: 100 }, (_, i) => score(rowsOf(10 + 2 * i, 128, mix, moved))).sort((a, b) => a - b)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('clusters', () => {
  it('are found in their number and their places, the same each time', async () => {
    const rows = rowsOf(1, 900, even)
    const clusters = await countedClusters(rows, d, multiply)
    expect(clusters.k).toBe(SITUATIONS)
    const places = Array.from({ length: SITUATIONS }, (_, c) =>
      Array.from(clusters.centres.subarray(c * d, (c + 1) * d), (value) => Math.round(value / 3)),
    )
    expect(new Set(places.map(String))).toEqual(
      new Set([0, 1, 2].map((c) => String(Array.from({ length: d }, (_, j) => (j === c ? 2 : 0))))),
    )
    expect(await countedClusters(rows, d, multiply)).toEqual(clusters)
  })

  it('are one of few rows', async () => {
    expect((await countedClusters(rowsOf(1, 3, even), d, multiply)).k).toBe(1)
  })
})

describe('mixture', () => {
  it('has the mean k r without a change, whatever the mix, also where a situation does not occur', async () => {
    const { score } = await judge()
    for (const mix of [even, [0.8, 0.1, 0.1], [0.5, 0.5, 0]]) {
      expect(mean(scores(score, mix))).toBeGreaterThan(0.85 * SITUATIONS * d)
      expect(mean(scores(score, mix))).toBeLessThan(1.15 * SITUATIONS * d)
    }
  })

  it('shrinks a situation with few records towards the reference', async () => {
    const { whitening, ...rest } = await summaryOf(rowsOf(1, 1500, even), 1500, d)
    const fitted = await mixture.fit({ whitening, ...rest }, multiply)
    const one = mixture.statistics?.(fitted).of(whiten(whitening, rowsOf(4, 1, even, 1.2))) ?? expect.unreachable()
    const cluster = one.subarray(0, SITUATIONS).indexOf(1)
    const b = fitted.tensors.counts.data[cluster]
    /** T^2 of n records alike. */
    const squared = (n: number) => {
      const own = one.map((value) => n * value)
      const excess = mixture.score(fitted, { m: n, z: new Float64Array(d), own }) - SITUATIONS * d
      return (excess * (8 + n)) / n + d
    }
    expect(squared(40) / squared(4)).toBeCloseTo((40 * (4 + b)) / (4 * (40 + b)), 9)
  })

  it('bears a reference with fewer rows than features: it looks in fewer directions', async () => {
    const wide = 40
    const { whitening, ...rest } = await summaryOf(correlatedRows(1, 30, wide), 30, wide)
    const fitted = await mixture.fit({ whitening, ...rest }, multiply)
    const { of } = mixture.statistics?.(fitted) ?? expect.unreachable()
    const rows = correlatedRows(2, 16, wide)
    const own = Array.from({ length: 16 }, (_, i) => of(whiten(whitening, rowOf(rows, wide, i)))).reduce((a, b) =>
      a.map((value, j) => value + b[j]),
    )
    expect(mixture.score(fitted, { m: 16, z: new Float64Array(wide), own })).toBeLessThan(1000)
  })

  it('takes records of a situation that the reference does not have for ones of the nearest that have moved', async () => {
    const { score } = await judge()
    const limit = scores(score, even)[97]
    const strange = rowsOf(7, 128, even).map((value, at) => (at % d === 5 && Math.floor(at / d) % 8 === 0 ? value + 6 : value))
    expect(score(strange)).toBeGreaterThan(limit)
  })

  it('sees what moves inside one situation, also in another mix, and names the feature', async () => {
    const { score, explain } = await judge()
    const limit = scores(score, even)[97]
    for (const mix of [even, [0.6, 0.3, 0.1]]) expect(scores(score, mix, 1.2)[10]).toBeGreaterThan(limit)
    const shares = explain(rowsOf(5, 128, even, 1.2)).toSorted((a, b) => b.share - a.share)
    expect(shares[0].index).toBe(4)
  })
})
