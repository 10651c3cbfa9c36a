import { describe, expect, it } from 'vitest'
import { blocks } from '../../detectors/blocks.js'
import { correlatedGroups } from '../../detectors/feature-groups.js'
import { gaussian } from '../../detectors/gaussian.js'
import { multiply } from '../../detectors/matmul.js'
import { normals, rowOf, summaryOf } from './samples.js'

/** n rows of `groups` x `size` features, of which those of a group share most of their variance; features of a group lie `groups` apart. */
function grouped(seed: number, n: number, groups: number, size: number): Float64Array {
  const normal = normals(seed)
  const rows = new Float64Array(n * groups * size)
  for (let i = 0; i < n; i++) {
    const common = Array.from({ length: groups }, normal)
    for (let j = 0; j < groups * size; j++) rows[i * groups * size + j] = 3 * common[j % groups] + normal()
  }
  return rows
}

describe('groups of correlated features', () => {
  it('are those that belong together, whatever their order', async () => {
    const { moments } = await summaryOf(grouped(1, 400, 3, 4), 400, 12)
    const groups = correlatedGroups(await moments(), [...Array(12).keys()], 64)
    expect(groups.map((group) => group.map((feature) => feature % 3))).toEqual(
      expect.arrayContaining([new Array(4).fill(0), new Array(4).fill(1), new Array(4).fill(2)]),
    )
    expect(groups.length).toBe(3)
  })

  it('grow no larger than they may, and name each feature once', async () => {
    const { moments } = await summaryOf(grouped(1, 400, 1, 20), 400, 20)
    const groups = correlatedGroups(await moments(), [...Array(20).keys()], 8)
    expect(Math.max(...groups.map((group) => group.length))).toBeLessThanOrEqual(8)
    expect(groups.flat().sort((a, b) => a - b)).toEqual([...Array(20).keys()])
  })

  it('are single features where nothing correlates beyond chance', async () => {
    const normal = normals(5)
    const { moments } = await summaryOf(Float64Array.from({ length: 300 * 10 }, normal), 300, 10)
    expect(correlatedGroups(await moments(), [...Array(10).keys()], 64).length).toBe(10)
  })
})

describe('blocks', () => {
  it('is the sum of the Gaussian distances of the groups', async () => {
    const [n, groups, size] = [400, 3, 4]
    const rows = grouped(1, n, groups, size)
    const summary = await summaryOf(rows, n, groups * size)
    const fitted = await blocks.fit(summary, multiply)
    const record = grouped(2, 1, groups, size)
    const of = (values: Float64Array, group: number) => values.filter((_, at) => at % groups === group)
    let expected = 0
    for (let group = 0; group < groups; group++) {
      const own = await summaryOf(of(rows, group), n, size)
      expected += gaussian.score({ scalars: {}, tensors: {} }, own.whitening, of(record, group))
    }
    expect(blocks.score(fitted, summary.whitening, record) / expected).toBeCloseTo(1, 9)
  })

  it('still sees a broken relation with far fewer rows than features, where the whole covariance is shrunk away', async () => {
    const [n, groups, size] = [60, 30, 5]
    const d = groups * size
    const summary = await summaryOf(grouped(1, n, groups, size), n, d)
    const fitted = await blocks.fit(summary, multiply)
    const usual = grouped(2, 100, groups, size)
    const broken = rowOf(usual, d, 0)
    broken[0] += 6
    broken[groups] -= 6
    const largest = Math.max(...Array.from({ length: 100 }, (_, i) => blocks.score(fitted, summary.whitening, rowOf(usual, d, i))))
    expect(blocks.score(fitted, summary.whitening, broken)).toBeGreaterThan(largest)
    const blamed = blocks.explain(fitted, summary.whitening, broken).toSorted((a, b) => b.share - a.share)
    expect(
      blamed
        .slice(0, 2)
        .map(({ index }) => index)
        .sort(),
    ).toEqual([0, groups])
  })
})
