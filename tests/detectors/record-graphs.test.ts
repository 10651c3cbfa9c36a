import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import type { RecordDetector, ReferenceSummary } from '../../detectors/detector.js'
import { multiply } from '../../detectors/matmul.js'
import { detectors } from '../../detectors/registry.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { columnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import { fitWhitening } from '../../detectors/whitening.js'
import { place } from '../../detectors/window-sums.js'
import { rowsBefore } from '../../references/rows.js'
import { momentsOf } from './plain-moments.js'
import { correlatedRows, degradedOf, labelsOf, pairMomentsOf, rowOf, summaryOf, tapsOf, trainedOf } from './samples.js'

const recordDetectors = detectors.flatMap((detector) => (detector.kind === 'record' ? [{ name: detector.name, detector }] : []))

/** A record with a few values far beyond all limits. */
const extreme = (d: number) => Float64Array.from({ length: d }, (_, j) => (j % 3 === 0 ? 1e9 : -j))

/** They ask how features vary together. */
const pairwise: readonly string[] = ['pca', 'npca', 'angular', 'angular-means', 'angular-pca', 'angular-npca', 'corruption']

/** They ask for logits, and for features beside them. */
const logit: readonly string[] = ['vim']

/** They ask for channels, each of two features. */
const ofChannels: readonly string[] = ['bn-wasserstein', 'bn-divergence']

/** They look at few components, and refuse a reference whose variance those do not hold. */
const few: readonly string[] = ['kde']

/** Scores of a stream's rows by the graph, and by the float64 definition. */
async function bothScores(detector: RecordDetector, summary: ReferenceSummary, rows: Float64Array) {
  const { whitening } = summary
  const fitted = await detector.fit(summary, multiply)
  const n = rows.length / whitening.d
  const runner = await openGraph(scoringGraph(whitening, [{ detector, fitted }], place(whitening.d, []), 'float64'), whitening.d)
  const { scores } = await runner.run(rows, n, undefined, { previous: rowsBefore(rows, whitening.d) })
  await runner.close()
  const row = (i: number) => rowOf(rows, whitening.d, Math.max(0, i))
  return { graph: scores[0], exact: Array.from({ length: n }, (_, i) => detector.score(fitted, whitening, row(i), row(i - 1))) }
}

function expectSame({ graph, exact }: { graph: ArrayLike<number>; exact: readonly number[] }) {
  exact.forEach((score, i) => {
    expect(Math.abs(graph[i] - score)).toBeLessThanOrEqual(1e-3 * Math.max(1, score))
  })
}

describe.each(recordDetectors)('the graph of $name', ({ name, detector }) => {
  it.each([2, 17, 130])('scores as by definition (d = %i)', async (d) => {
    const summary = await summaryOf(correlatedRows(1, 500, d, 100), 500, d)
    if (few.includes(name) && d > 17) return expect(detector.fit(summary, multiply)).rejects.toThrow('hold only')
    if (logit.includes(name) && d === 2) return expect(detector.fit(summary, multiply)).rejects.toThrow('at least 2, got 0')
    const rows = Float64Array.from([...correlatedRows(2, 40, d, 100), ...correlatedRows(1, 5, d, 100), ...extreme(d)])
    expectSame(await bothScores(detector, summary, rows))
  })

  it('scores as by definition with fewer rows than features, some of which never vary', async () => {
    const d = 40
    const constant = (rows: Float64Array) => rows.map((value, at) => (at % d === 5 ? 3e8 : at % d === 6 ? 0 : value))
    const summary = await summaryOf(constant(correlatedRows(1, 25, d)), 25, d)
    expectSame(await bothScores(detector, summary, correlatedRows(3, 30, d)))
  })

  it('scores a single feature as by definition, or refuses it by name', async () => {
    const summary = await summaryOf(correlatedRows(1, 100, 1, 5), 100, 1)
    if (logit.includes(name)) await expect(detector.fit(summary, multiply)).rejects.toThrow('at least 2, got 0')
    else if (ofChannels.includes(name)) await expect(detector.fit(summary, multiply)).rejects.toThrow('no statistics of its training')
    else if (pairwise.includes(name)) await expect(detector.fit(summary, multiply)).rejects.toThrow('at least 2 features that vary')
    else expectSame(await bothScores(detector, summary, correlatedRows(2, 30, 1, 5)))
  })

  it('scores as by definition where a feature of the reference does not vary in the part that is fitted', async () => {
    const d = 8
    const standardisation = standardisationOf(columnStats(correlatedRows(1, 200, d), 200, d))
    const part = standardise(
      correlatedRows(1, 150, d).map((value, at) => (at % d === 3 ? 0.2 : value)),
      150,
      standardisation,
    )
    const moments = await momentsOf(part, 150, d)
    const whitening = await fitWhitening(moments, standardisation, { shrinkage: 'light' }, multiply)
    const rows = part.map((value, at) => value - moments.mean[at % d])
    const bank = { m: 150, rows }
    const rest = {
      labels: await labelsOf(part, d),
      pairs: await pairMomentsOf(part, 150, d),
      degraded: degradedOf(d),
      patchScore: 2,
      taps: tapsOf(d),
      trained: trainedOf(whitening),
    }
    const summary = { moments: async () => moments, whitening, bank, logits: [6, 7], ...rest }
    expectSame(await bothScores(detector, summary, correlatedRows(3, 30, d)))
  })

  it('does not depend on the order of the features', async () => {
    const d = 6
    const order = [3, 0, 4, 2, 5, 1]
    const changed = (values: Float64Array) => values.map((_, at) => values[at - (at % d) + order[at % d]])
    const [rows, records] = [correlatedRows(1, 300, d, 3), correlatedRows(2, 30, d, 3)]
    const one = await bothScores(detector, await summaryOf(rows, 300, d), records)
    const logits = [4, 5].map((column) => order.indexOf(column))
    const patchScore = order.indexOf(2)
    const moved = await summaryOf(changed(rows), 300, d)
    const other = await bothScores(
      detector,
      {
        ...moved,
        logits,
        patchScore,
        taps: tapsOf(d, (column) => order.indexOf(column)),
        degraded: degradedOf(d, changed),
        trained: trainedOf(moved.whitening, order),
      },
      changed(records),
    )
    one.exact.forEach((score, i) => {
      expect(other.exact[i] / score).toBeCloseTo(1, 6)
    })
  })
})

// ONNX Runtime's batched product of `blocks` differs in the last bit with the number of rows (docs/detectors.md).
it.each(recordDetectors.filter(({ name }) => name !== 'blocks'))(
  '$name scores a record alike, to the last bit, in whatever batch it comes',
  async ({ detector }) => {
    const d = 6
    const summary = await summaryOf(correlatedRows(1, 300, d, 5), 300, d)
    const fitted = await detector.fit(summary, multiply)
    const runner = await openGraph(scoringGraph(summary.whitening, [{ detector, fitted }], place(d, []), 'float64'), d)
    const rows = correlatedRows(2, 60, d, 5)
    const before = rowsBefore(rows, d)
    const whole = (await runner.run(rows, 60, undefined, { previous: before })).scores[0].slice()
    for (const size of [1, 2, 3, 7, 16]) {
      for (let at = 0; at + size <= 60; at += size) {
        const [part, partBefore] = [rows, before].map((all) => all.subarray(at * d, (at + size) * d))
        const { scores } = await runner.run(part, size, undefined, { previous: partBefore })
        expect(scores[0]).toEqual(whole.slice(at, at + size))
      }
    }
    await runner.close()
  },
)
