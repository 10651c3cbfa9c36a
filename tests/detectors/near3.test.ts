import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { multiply } from '../../detectors/matmul.js'
import { near3 } from '../../detectors/near3.js'
import { nearest, nearestOthers } from '../../detectors/neighbours.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, normals, relativeError, rowOf, summaryOf } from './samples.js'

/** The k smallest Euclidean distances to the other rows, by definition. */
const distances = (rows: Float64Array, d: number, row: Float64Array, k: number): number[] =>
  Array.from({ length: rows.length / d }, (_, i) => Math.hypot(...rowOf(rows, d, i).map((value, j) => value - row[j])))
    .sort((a, b) => a - b)
    .slice(0, k)

describe('neighbours', () => {
  const d = 4
  const rows = correlatedRows(5, 600, d)

  it('are the nearest rows', () => {
    const row = rowOf(correlatedRows(6, 1, d), d, 0)
    const found = nearest(rows, d, row, 7)
    expect(relativeError(found.distances, distances(rows, d, row, 7))).toBeLessThan(1e-12)
    const own = Array.from(found.indices, (i) => distances(rowOf(rows, d, i), d, row, 1)[0])
    expect(relativeError(own, found.distances)).toBeLessThan(1e-12)
  })

  it('of a row among the others leave the row itself out', async () => {
    const all = await nearestOthers(rows, d, 5, multiply)
    for (const i of [0, 255, 256, 599]) {
      expect(relativeError(all[i].distances, distances(rows, d, rowOf(rows, d, i), 6).slice(1))).toBeLessThan(1e-9)
      expect(all[i].indices).not.toContain(i)
    }
  })
})

describe('near3', () => {
  it('gives 1 % of fresh rows a score above 1, about', async () => {
    const d = 3
    const { whitening, ...rest } = await summaryOf(correlatedRows(1, 2000, d), 2000, d)
    const fitted = await near3.fit({ whitening, ...rest }, multiply)
    const fresh = correlatedRows(2, 2000, d)
    const above = Array.from({ length: 2000 }, (_, i) => near3.score(fitted, whitening, rowOf(fresh, d, i))).filter((score) => score > 1)
    expect(above.length).toBeGreaterThan(10)
    expect(above.length).toBeLessThan(40)
  })

  it('sees what lies between two clusters, which the distance to the mean cannot', async () => {
    const normal = normals(3)
    const rows = Float64Array.from({ length: 800 }, (_, i) => (i % 4 < 2 ? 10 : -10) + normal())
    const summary = await summaryOf(rows, 400, 2)
    const fitted = await near3.fit(summary, multiply)
    const score = (...row: number[]) => near3.score(fitted, summary.whitening, Float64Array.from(row))
    expect(score(0, 0)).toBeGreaterThan(10)
    expect(score(10, 10)).toBeLessThan(1)
  })

  it('does not depend on the units or the order of the features', async () => {
    const d = 5
    const rows = correlatedRows(1, 300, d)
    const order = [3, 0, 4, 2, 1]
    const units = [1e-3, 7, 1, 1e4, 0.2]
    const changed = (values: Float64Array) => values.map((_, at) => values[at - (at % d) + order[at % d]] * units[at % d] + 3)
    const [one, other] = [await summaryOf(rows, 300, d), await summaryOf(changed(rows), 300, d)]
    const [fitted, refitted] = [await near3.fit(one, multiply), await near3.fit(other, multiply)]
    fc.assert(
      fc.property(fc.integer(), fc.double({ noNaN: true, min: 0.1, max: 20 }), (seed, size) => {
        const row = correlatedRows(seed, 1, d).map((value) => value * size)
        const expected = near3.score(fitted, one.whitening, row)
        expect(near3.score(refitted, other.whitening, changed(row)) / expected).toBeCloseTo(1, 6)
      }),
    )
  })

  it.each([2, 17, 130])('scores in the graph as by definition (d = %i)', async (d) => {
    const rows = correlatedRows(1, 500, d, 100)
    const { whitening, ...rest } = await summaryOf(rows, 500, d)
    const fitted = await near3.fit({ whitening, ...rest }, multiply)
    const runner = await openGraph(scoringGraph(whitening, [{ detector: near3, fitted }], place(d, []), 'float64'), d)
    const inputs = Float64Array.from([...correlatedRows(2, 40, d, 100), ...rows.subarray(0, 5 * d), ...new Float64Array(d).fill(1e9)])
    const { scores } = await runner.run(inputs, 46)
    const expected = Array.from({ length: 46 }, (_, i) => near3.score(fitted, whitening, rowOf(inputs, d, i)))
    for (let i = 0; i < 46; i++) expect(Math.abs(scores[0][i] / expected[i] - 1)).toBeLessThan(1e-3)
    await runner.close()
  })

  it('stays finite where all rows are alike but a few', async () => {
    const rows = new Float64Array(200).fill(1)
    rows.set([2, 3, 5], 20)
    const summary = await summaryOf(rows, 200, 1)
    const fitted = await near3.fit(summary, multiply)
    const score = (value: number) => near3.score(fitted, summary.whitening, Float64Array.of(value))
    expect(score(1)).toBeLessThan(1e-3)
    expect(Number.isFinite(score(1e300))).toBe(true)
    expect(score(9)).toBeGreaterThan(score(4))
  })

  it('gives every duplicate of a reference of few distinct rows the same score, whatever float32 makes of it, and a new one a high one', async () => {
    const bits = (i: number, j: number) => Number(((i * 2654435761 + j * 40503) >>> (7 + j)) & 1)
    const rows = Float64Array.from({ length: 3 * 600 }, (_, at) => bits(Math.floor(at / 3), at % 3))
    const { whitening, ...rest } = await summaryOf(rows, 600, 3)
    const fitted = await near3.fit({ whitening, ...rest }, multiply)
    const runner = await openGraph(scoringGraph(whitening, [{ detector: near3, fitted }], place(3, []), 'float64'), 3)
    const { scores } = await runner.run(rows, 600)
    expect(new Set(scores[0]).size).toBe(1)
    const far = await runner.run(Float64Array.of(0.5, 0, 0, 1e9, 1e9, 1e9, 1e300, -1e300, 1e300), 3)
    expect(far.scores[0].every((score) => Number.isFinite(score) && score > 1e3)).toBe(true)
    await runner.close()
  })

  it('refuses a reference that has no five neighbours', async () => {
    await expect(near3.fit(await summaryOf(correlatedRows(1, 5, 2), 5, 2), multiply)).rejects.toThrow('more than 5 reference rows, got 5')
  })
})
