import fc from 'fast-check'
import { Matrix, SingularValueDecomposition } from 'ml-matrix'
import { beforeAll, describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import type { ReferenceSummary } from '../../detectors/detector.js'
import { multiply } from '../../detectors/matmul.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import type { Fitted } from '../../detectors/stored.js'
import { vim } from '../../detectors/vim.js'
import { place } from '../../detectors/window-sums.js'
import { classified, classifiedRows, d, features, logits, noise } from './classifier.js'
import { rowOf, summaryOf } from './samples.js'

const n = 300
const rows = classifiedRows(1, n)
let summary: ReferenceSummary
let fitted: Fitted
beforeAll(async () => {
  summary = { ...(await summaryOf(rows, n, d)), logits }
  fitted = await vim.fit(summary, multiply)
})
const score = (row: Float64Array) => vim.score(fitted, summary.whitening, row)

/** The probabilities of the virtual class (the paper's score) and of any other, from the rows alone: a singular value decomposition, sums of exponentials as they are. */
function byDefinition() {
  const column = (j: number) => Array.from({ length: n }, (_, i) => rows[i * d + j])
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const means = features.map((j) => mean(column(j)))
  const scales = features.map((j) => Math.sqrt(column(j).reduce((sum, value) => sum + (value - means[j]) ** 2, 0) / (n - 1)))
  const standardised = (row: Float64Array) => features.map((j) => (row[j] - means[j]) / scales[j])
  const all = new Matrix(Array.from({ length: n }, (_, i) => standardised(rowOf(rows, d, i))))
  const { diagonal, rightSingularVectors } = new SingularValueDecomposition(all)
  const total = diagonal.reduce((sum, value) => sum + value ** 2, 0)
  const held = diagonal.map((_, i) => diagonal.slice(0, i + 1).reduce((sum, value) => sum + value ** 2, 0) / total)
  const beyond = features.map((_, i) => rightSingularVectors.getColumn(i)).slice(held.findIndex((part) => part >= 0.95) + 1)
  const residual = (row: Float64Array) =>
    Math.hypot(...beyond.map((axis) => standardised(row).reduce((sum, value, j) => sum + value * axis[j], 0)))
  const each = Array.from({ length: n }, (_, i) => rowOf(rows, d, i))
  const alpha = mean(each.map((row) => Math.max(...logits.map((j) => row[j])))) / mean(each.map(residual))
  return (row: Float64Array) => {
    const [virtual, ...real] = [alpha * residual(row), ...logits.map((j) => row[j])].map(Math.exp)
    const claimed = real.reduce((sum, power) => sum + power, 0)
    return { none: virtual / (virtual + claimed), any: claimed / (virtual + claimed) }
  }
}

describe('vim', () => {
  it("is -ln(1 - p) of the paper's probability p of the virtual class", () => {
    const probabilities = byDefinition()
    const fresh = [
      ...Array.from({ length: 30 }, (_, i) => rowOf(classifiedRows(2, 30), d, i)),
      classified(0, 0),
      classified(1, 0, [0.1, 0, 0, -0.2, 0]),
    ]
    for (const row of fresh) {
      const { none, any } = probabilities(row)
      expect(-Math.expm1(-score(row)) / none).toBeCloseTo(1, 9)
      expect(Math.exp(-score(row)) / any).toBeCloseTo(1, 9)
    }
  })

  it('sees a record off the plane that a class claims, and one in the plane that none claims, and says which it is', () => {
    const fresh = classifiedRows(3, 300)
    const usual = Array.from({ length: 300 }, (_, i) => score(rowOf(fresh, d, i))).sort((a, b) => a - b)
    const partOf = (row: Float64Array, columns: readonly number[]) => {
      const shares = vim.explain(fitted, summary.whitening, row)
      return columns.reduce((sum, j) => sum + shares[j].share, 0) / score(row)
    }
    const [off, unclaimed] = [classified(2, 0, [0, 1, 0, 0, -1]), classified(0, 0, noise)]
    expect(score(off)).toBeGreaterThan(usual[296])
    expect(score(unclaimed)).toBeGreaterThan(usual[296])
    expect(partOf(off, features)).toBeGreaterThan(0.9)
    expect(partOf(unclaimed, logits)).toBeGreaterThan(0.9)
  })

  it("tells records apart that are so far that the paper's probability is 1 of all", () => {
    const far = [3, 4.5, 7].map((size) => classified(2, 0, [0, size, 0, 0, 0]))
    expect(far.map(byDefinition()).map(({ none }) => none)).toEqual([1, 1, 1])
    const scores = far.map(score)
    expect(scores[1]).toBeGreaterThan(1.5 * scores[0])
    expect(scores[2]).toBeGreaterThan(1.5 * scores[1])
  })

  it('does not depend on the units of the features, while logits are taken as they are', async () => {
    const units = [1e-3, 7, -1, 1e4, 0.2]
    const changed = (values: Float64Array) => values.map((value, at) => (logits.includes(at % d) ? value : units[(at % d) % 5] * value + 3))
    const other = { ...(await summaryOf(changed(rows), n, d)), logits }
    const refitted = await vim.fit(other, multiply)
    fc.assert(
      fc.property(fc.integer(), fc.double({ noNaN: true, min: -5, max: 5 }), (seed, size) => {
        const row = rowOf(classifiedRows(seed, 1), d, 0).map((value, j) => value + (j === 1 ? size : 0))
        expect(Math.abs(vim.score(refitted, other.whitening, changed(row)) / score(row) - 1)).toBeLessThan(1e-6)
      }),
    )
    const lower = rowOf(classifiedRows(4, 1), d, 0).map((value, j) => (logits.includes(j) ? value - 2 : value))
    expect(score(lower)).toBeGreaterThan(score(rowOf(classifiedRows(4, 1), d, 0)))
  })

  it('scores in the graph as by definition, to the same bits in any batch', async () => {
    const runner = await openGraph(scoringGraph(summary.whitening, [{ detector: vim, fitted }], place(d, []), 'float64'), d)
    const fresh = Float64Array.from([...classifiedRows(5, 37), ...classified(2, 0, [0, 1e3, 0, 0, 0]), ...new Float64Array(d).fill(1e9)])
    const whole = (await runner.run(fresh, 39)).scores[0].slice()
    for (let i = 0; i < 39; i++) {
      const exact = score(rowOf(fresh, d, i))
      expect(Math.abs(whole[i] - exact)).toBeLessThan(1e-4 * Math.max(1, exact))
      expect((await runner.run(fresh.subarray(i * d, (i + 1) * d), 1)).scores[0][0]).toBe(whole[i])
    }
    await runner.close()
  })

  it('refuses what it cannot be fitted to', async () => {
    const refusal = (changes: Partial<ReferenceSummary>) => expect(vim.fit({ ...summary, ...changes }, multiply)).rejects
    await refusal({ logits: [20] }).toThrow('needs the logits of a classifier, at least 2, got 1: name them in kinds.logits')
    await refusal({ logits: Array.from({ length: d - 1 }, (_, j) => j + 1) }).toThrow(
      'at least 2 features that vary in the reference beside the logits, got 1',
    )
    const logarithms = rows.map((value, at) => (logits.includes(at % d) ? value - 50 : value))
    await expect(vim.fit({ ...(await summaryOf(logarithms, n, d)), logits }, multiply)).rejects.toThrow(
      /largest of the logits is -3.* on average/,
    )
  })
})
