import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { labelMix } from '../../detectors/label-mix.js'
import { multiply } from '../../detectors/matmul.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, summaryOf, uniforms } from './samples.js'

const none = new Float64Array(0)
const summary = await summaryOf(correlatedRows(1, 60, 2), 60, 2)

/** Scores and explains windows, given as the number of their records with each label. */
async function learn(...counts: number[]) {
  const fitted = await labelMix.fit({ ...summary, labels: { ...summary.labels!, counts: Float64Array.from(counts) } }, multiply)
  const sums = (own: readonly number[]) => ({ m: own.reduce((sum, count) => sum + count, 0), z: none, own: Float64Array.from(own) })
  return {
    fitted,
    score: (...own: number[]) => labelMix.score(fitted, sums(own)),
    explain: (...own: number[]) => labelMix.explain(fitted, summary.whitening, sums(own)),
  }
}

/** Of 30 labels the k-th is k times rarer than the first; no record has none, or another. */
const tail = Float64Array.from({ length: 32 }, (_, number) => (number === 0 || number === 31 ? 0 : Math.round(6000 / number)))

function windowOf(counts: Float64Array, m: number, uniform: () => number): number[] {
  const n = counts.reduce((sum, count) => sum + count, 0)
  const own = new Array<number>(counts.length).fill(0)
  for (let i = 0; i < m; i++) {
    let rest = uniform() * n
    let number = 0
    while (rest >= counts[number]) rest -= counts[number++]
    own[number]++
  }
  return own
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('label-mix', () => {
  it("is Pearson's statistic over its mean where no label is rare", async () => {
    const { score } = await learn(0, 500, 300, 200, 0)
    const pearson = [
      [20, 32],
      [16, 19.2],
      [28, 12.8],
    ].reduce((sum, [seen, expected]) => sum + (seen - expected) ** 2 / expected, 0)
    expect(Math.abs(score(0, 20, 16, 28, 0) / (((1000 / 1064) * pearson) / 2) - 1)).toBeLessThan(0.04)
  })

  it('is distributed alike for windows of any length, with a long tail of rare labels', async () => {
    const { score } = await learn(...tail)
    const uniform = uniforms(1)
    const scores = [16, 64, 256].map((m) => Array.from({ length: 1500 }, () => score(...windowOf(tail, m, uniform))).sort((a, b) => a - b))
    for (const own of scores) expect(mean(own) / mean(scores[2])).toBeCloseTo(1, 1)
    expect(mean(scores[2])).toBeLessThan(1.2)
    const [short, long] = [scores[1], scores[2]].map((own) => own[Math.floor(0.99 * own.length)])
    expect(short / long).toBeLessThan(1.25)
  })

  it('sees a frequent label grow, a rare one, and records without a label or with an unknown one', async () => {
    const { score } = await learn(...tail)
    const uniform = uniforms(2)
    const limit = Array.from({ length: 1000 }, () => score(...windowOf(tail, 256, uniform))).sort((a, b) => a - b)[989]
    const n = tail.reduce((sum, count) => sum + count, 0)
    for (const [number, part] of [
      [1, 0.45],
      [20, 0.1],
      [0, 0.08],
      [31, 0.08],
    ]) {
      const changed = tail.map((count, i) => (i === number ? part * n : (count * (1 - part) * n) / (n - tail[number])))
      const seen = Array.from({ length: 100 }, () => score(...windowOf(changed, 256, uniform))).filter((one) => one > limit)
      expect(seen.length, `label ${number}`).toBeGreaterThan(80)
    }
  })

  it('does not fire at one record with a label that the reference lacks', async () => {
    const { score } = await learn(0, 600, 400, 0)
    expect(score(0, 38, 25, 1)).toBeLessThan(1.5)
  })

  it('blames the labels that grew and shrank, with their part of the window', async () => {
    const { explain } = await learn(0, 500, 300, 200, 0)
    const shares = explain(0, 32, 4, 28, 0).toSorted((a, b) => b.share - a.share)
    expect(shares.map(({ index }) => index).slice(0, 2)).toEqual([3, 2])
    expect(shares[0].frequency).toBe(28 / 64)
    expect(shares[0].sigma).toBeGreaterThan(4)
    expect(shares[1].sigma).toBeLessThan(-3)
  })

  it('gives the same score in whatever order the labels stand', async () => {
    const counts = fc.array(fc.tuple(fc.nat(500), fc.nat(40)), { minLength: 3, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(counts, fc.integer(), async (given, seed) => {
        const pairs = [...given, [100, 1] as const]
        const uniform = uniforms(seed)
        const mixed = pairs
          .map((pair) => ({ pair, at: uniform() }))
          .sort((a, b) => a.at - b.at)
          .map(({ pair }) => pair)
        const scoreOf = async (all: typeof pairs) => (await learn(...all.map(([count]) => count))).score(...all.map(([, seen]) => seen))
        expect(await scoreOf(mixed)).toBeCloseTo(await scoreOf(pairs), 9)
      }),
      { numRuns: 30 },
    )
  })

  it('counts labels in the graph as by definition, in batches that are cut anywhere, and takes rows without labels', async () => {
    const d = 2
    const { fitted } = await learn(5, 30, 20, 5)
    const placement = place(d, [{ detector: labelMix, fitted }])
    const runner = await openGraph(scoringGraph(summary.whitening, [], placement, 'float64'), d)
    const rows = correlatedRows(2, 7, d)
    const labels = Float32Array.of(0, 1, 2, 3, 3, 1, 0)
    const { statistics } = await runner.run(rows, 7, [], { labels })
    labels.forEach((label, i) => {
      const own = statistics.subarray(i * placement.width + d, (i + 1) * placement.width)
      expect([...own]).toEqual([...(placement.detectors[0].statistics?.of(none, { label }) ?? [])])
    })
    const unlabelled = await runner.run(rows, 7, [])
    expect([...unlabelled.statistics.subarray(d, placement.width)]).toEqual([1, 0, 0, 0])
    await runner.close()
  })
})
