import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { dot } from '../../detectors/linalg.js'
import { multiply, transpose } from '../../detectors/matmul.js'
import { detectors } from '../../detectors/registry.js'
import {
  covarianceOf,
  inverseTimes,
  rootRows,
  rootTimes,
  rootVariances,
  rowsTimesInverse,
  rowsTimesTransposedInverse,
  transposedInverseTimes,
  transposedRootTimes,
} from '../../detectors/root.js'
import { sampleMoments } from '../../detectors/sample-moments.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { type Shrinkage, shrinkages } from '../../detectors/shrinkage.js'
import { momentsOutOf, spanOf } from '../../detectors/span.js'
import { columnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import { fitWhitening, whiten, whiteningFromFitted, whiteningToFitted, whitenRows } from '../../detectors/whitening.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, relativeError, rowOf, summaryOf } from './samples.js'

/** Both forms of the whitening of the same rows, some of which are alike and some columns of which never vary. */
async function bothForms(seed: number, n: number, d: number, shrinkage: Shrinkage) {
  const rows = correlatedRows(seed, n, d, 5).map((value, at, all) => {
    if (at % d === 2) return 7
    return n > 4 && Math.floor(at / d) === 3 ? all[at - d] : value
  })
  const standardisation = standardisationOf(columnStats(rows, n, d))
  const standardised = standardise(rows, n, standardisation)
  const whole = await fitWhitening(await sampleMoments(standardised, d, multiply), standardisation, { shrinkage }, multiply)
  return { standardised, whole, thin: await whitenRows(standardised, standardisation, { shrinkage }, multiply) }
}

const forms = fc.record({
  seed: fc.integer(),
  n: fc.integer({ min: 3, max: 30 }),
  more: fc.integer({ min: 2, max: 40 }),
  shrinkage: fc.constantFrom(...shrinkages),
})

const identity = (d: number) => Float64Array.from({ length: d * d }, (_, at) => Number(at % (d + 1) === 0))

describe('a basis of rows', () => {
  it('is orthonormal and holds them, also where they nearly depend on each other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 20 }), fc.integer({ min: -14, max: 3 }), async (seed, k, power) => {
        const d = 25
        const rows = correlatedRows(seed, k, d)
        // The last row is the first and very little else.
        for (let j = 0; j < d; j++) rows[(k - 1) * d + j] = rows[j] + 10 ** power * rows[(k - 1) * d + j]
        const basis = await spanOf(rows, d, multiply)
        const r = basis.length / d
        expect(r).toBeLessThanOrEqual(k)
        expect(relativeError(await multiply(basis, transpose(basis, r, d), r, d, r), identity(r))).toBeLessThan(1e-13)
        const along = await multiply(rows, transpose(basis, r, d), k, d, r)
        expect(relativeError(await multiply(along, basis, k, r, d), rows)).toBeLessThan(1e-9)
      }),
      { numRuns: 30 },
    )
  })

  it('of no rows, or of zeros, is empty', async () => {
    expect(await spanOf(new Float64Array(0), 3, multiply)).toHaveLength(0)
    expect(await spanOf(new Float64Array(6), 3, multiply)).toHaveLength(0)
  })
})

describe('the whitening of fewer rows than features', () => {
  it('is that of all features: the same distances, covariance and figures', async () => {
    await fc.assert(
      fc.asyncProperty(forms, async ({ seed, n, more, shrinkage }) => {
        const d = n + more
        const { whole, thin } = await bothForms(seed, n, d, shrinkage)
        expect(thin.root.span).toBeDefined()
        const [one, other] = [await covarianceOf(thin.root, multiply), await covarianceOf(whole.root, multiply)]
        const varies = (at: number) => thin.active[at % d] && thin.active[Math.floor(at / d)]
        expect(
          relativeError(
            one.filter((_, at) => varies(at)),
            other.filter((_, at) => varies(at)),
          ),
        ).toBeLessThan(1e-11)
        expect(thin.shrinkage).toBeCloseTo(whole.shrinkage, 11)
        expect(thin.logDet / whole.logDet).toBeCloseTo(1, 9)
        expect(relativeError(thin.mean, whole.mean)).toBeLessThan(1e-12)
        for (let i = 0; i < 3; i++) {
          const row = correlatedRows(seed + 1 + i, 1, d, 5)
          const [near, far] = [thin, whole].map((whitening) => whiten(whitening, row))
          expect(dot(near, near) / dot(far, far)).toBeCloseTo(1, 9)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('has products that belong together, of vectors and of rows', async () => {
    const [n, d] = [10, 24]
    const { thin, standardised } = await bothForms(1, n, d, 'light')
    const { root } = thin
    const v = correlatedRows(2, 1, d)
    expect(relativeError(inverseTimes(root, rootTimes(root, v)), v)).toBeLessThan(1e-9)
    expect(relativeError(transposedInverseTimes(root, transposedRootTimes(root, v)), v)).toBeLessThan(1e-9)
    const whole = await rootRows(root, [...Array(d).keys()], multiply)
    expect(relativeError(await multiply(whole, v, d, d, 1), rootTimes(root, v))).toBeLessThan(1e-12)
    expect(relativeError(await multiply(v, whole, 1, d, d), transposedRootTimes(root, v))).toBeLessThan(1e-12)
    const covariance = await covarianceOf(root, multiply)
    expect(
      relativeError(
        rootVariances(root),
        covariance.filter((_, at) => at % (d + 1) === 0),
      ),
    ).toBeLessThan(1e-12)
    const z = await rowsTimesTransposedInverse(root, standardised, multiply)
    expect(relativeError(rowOf(z, d, 4), inverseTimes(root, rowOf(standardised, d, 4)))).toBeLessThan(1e-12)
    const back = await rowsTimesInverse(root, standardised, multiply)
    expect(relativeError(rowOf(back, d, 4), transposedInverseTimes(root, rowOf(standardised, d, 4)))).toBeLessThan(1e-12)
  })

  it('is the same when loaded, and takes r d numbers', async () => {
    const { thin } = await bothForms(3, 8, 60, 'ledoit-wolf')
    const stored = whiteningToFitted(thin)
    expect(whiteningFromFitted(stored)).toEqual(thin)
    expect(Object.values(stored.tensors).reduce((sum, { data }) => sum + data.length, 0)).toBeLessThan(10 * 60)
    const { outside: _, ...scalars } = stored.scalars
    expect(() => whiteningFromFitted({ ...stored, scalars })).toThrow("scalar 'outside' is missing, expected a number")
  })

  it('raises the ridge where shrinkage leaves nothing beyond the rows', async () => {
    const standardisation = { mean: new Float64Array(4), scale: new Float64Array(4).fill(1) }
    const whitening = await whitenRows(Float64Array.of(1, 1, 1, 1, -1, -1, -1, -1), standardisation, { shrinkage: 'ledoit-wolf' }, multiply)
    expect(whitening.ridge).toBeGreaterThan(0)
    expect(whitening.root.span?.beyond).toBeGreaterThan(0)
  })

  it('gives moments of coordinates back as those of the features', async () => {
    const [n, d] = [6, 15]
    const rows = correlatedRows(4, n, d)
    const basis = await spanOf(rows, d, multiply)
    const r = basis.length / d
    const coordinates = await multiply(rows, transpose(basis, r, d), n, d, r)
    const found = await momentsOutOf(await sampleMoments(coordinates, r, multiply), basis, multiply)
    const expected = await sampleMoments(rows, d, multiply)
    for (const field of ['mean', 'scatter', 'cubic'] as const) expect(relativeError(found[field], expected[field])).toBeLessThan(1e-11)
    expect(found.quartic / expected.quartic).toBeCloseTo(1, 11)
  })
})

/** A summary of few rows, whose whitening is of what they span. */
const thinSummary = async (n: number, d: number) => {
  const rows = correlatedRows(1, n, d, 5)
  const standardisation = standardisationOf(columnStats(rows, n, d))
  const whitening = await whitenRows(standardise(rows, n, standardisation), standardisation, { shrinkage: 'light' }, multiply)
  return { ...(await summaryOf(rows, n, d)), whitening }
}

/** Those that use the row before are never given such a whitening. */
const fittable = detectors.filter(({ usesPrevious, name }) => !usesPrevious && name !== 'kde')
const records = fittable.flatMap((detector) => (detector.kind === 'record' ? [{ name: detector.name, detector }] : []))
const windows = fittable.flatMap((detector) => (detector.kind === 'window' ? [{ name: detector.name, detector }] : []))

describe.each(records)('$name with fewer rows than features', ({ detector }) => {
  it('scores as with the whole whitening, in the graph too', async () => {
    const [n, d] = [30, 48]
    const [thin, whole] = [await thinSummary(n, d), await summaryOf(correlatedRows(1, n, d, 5), n, d)]
    const [fitted, other] = [await detector.fit(thin, multiply), await detector.fit(whole, multiply)]
    const runner = await openGraph(scoringGraph(thin.whitening, [{ detector, fitted }], place(d, []), 'float64'), d)
    const rows = correlatedRows(2, 20, d, 5)
    const { scores } = await runner.run(rows, 20)
    const singles = []
    for (let i = 0; i < 20; i++) singles.push((await runner.run(rowOf(rows, d, i), 1)).scores[0][0])
    await runner.close()
    for (let i = 0; i < 20; i++) {
      const score = detector.score(fitted, thin.whitening, rowOf(rows, d, i))
      const expected = detector.score(other, whole.whitening, rowOf(rows, d, i))
      expect(Math.abs(score - expected)).toBeLessThanOrEqual(1e-8 * Math.max(1, Math.abs(expected)))
      expect(Math.abs(scores[0][i] - score)).toBeLessThanOrEqual(1e-3 * Math.max(1, Math.abs(score)))
    }
    if (detector.name !== 'blocks') expect(singles).toEqual([...scores[0]])
  })
})

it.each(windows)('the statistics of $name are in the graph as by definition with fewer rows than features', async ({ detector }) => {
  const [n, d] = detector.usesWindowMeans ? [180, 184] : [30, 48]
  const summary = await thinSummary(n, d)
  const placement = place(d, [{ detector, fitted: await detector.fit(summary, multiply) }])
  const runner = await openGraph(scoringGraph(summary.whitening, [], placement, 'float64'), d)
  const rows = correlatedRows(2, 5, d, 5)
  const { statistics } = await runner.run(rows, 5)
  for (let i = 0; i < 5; i++) {
    const z = whiten(summary.whitening, rowOf(rows, d, i))
    const standardised = standardise(rowOf(rows, d, i), 1, summary.whitening)
    const expected = [...z, ...placement.detectors.flatMap((placed) => [...(placed.statistics?.of(z, { standardised }) ?? [])])]
    expect(relativeError(statistics.subarray(i * placement.width, (i + 1) * placement.width), expected)).toBeLessThan(1e-3)
    expect((await runner.run(rowOf(rows, d, i), 1)).statistics).toEqual(statistics.slice(i * placement.width, (i + 1) * placement.width))
  }
  await runner.close()
})
