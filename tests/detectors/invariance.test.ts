import { beforeAll, describe, expect, it } from 'vitest'
import type { Detector, ReferenceSummary } from '../../detectors/detector.js'
import { multiply } from '../../detectors/matmul.js'
import { detectors } from '../../detectors/registry.js'
import { correlatedRows, degradedOf, rowOf, summaryOf, tapsOf, trainedOf } from './samples.js'
import { windowScorer } from './windows.js'

const [n, d, m] = [200, 6, 32]
/** Where each feature comes from. */
const order = [4, 0, 5, 2, 1, 3]
/** As fahrenheit for celsius, or milliseconds for hours. */
const units = [1.8, 3.6e6, 1, 1e-3, 60, 2.54]
const zeros = [32, 0, -100, 0.5, 7, 0]

type Changed = (rows: Float64Array) => Float64Array
const reordered: Changed = (rows) => rows.map((_, at) => rows[at - (at % d) + order[at % d]])
const inUnits: Changed = (rows) => rows.map((value, at) => units[at % d] * value + zeros[at % d])
const inOneUnit: Changed = (rows) => rows.map((value) => 60 * value)
const inUnitsButLogits: Changed = (rows) => rows.map((value, at) => (at % d < 4 ? units[at % d] * value + zeros[at % d] : value))

const unchanged: Changed = (rows) => rows

/**
 * Directions and squares of raw values need a unit that all features share, or a zero that means something, and a classifier's logits have theirs.
 * Channels have that of the backbone.
 */
const special: Readonly<Record<string, Changed>> = {
  ...Object.fromEntries(['angular', 'angular-means', 'angular-pca', 'angular-npca'].map((name) => [name, inOneUnit])),
  depth: inOneUnit,
  'quadratic-mean': inOneUnit,
  'geometric-mean': inOneUnit,
  vim: inUnitsButLogits,
  'bn-wasserstein': unchanged,
  'bn-divergence': unchanged,
  'bn-wasserstein-windows': unchanged,
  'bn-divergence-windows': unchanged,
}

const reference = correlatedRows(1, n, d, 10)
/** Usual ones, one that has moved, and one that is wider in a feature. */
const windows = [
  correlatedRows(2, m, d, 10),
  correlatedRows(3, m, d, 11),
  correlatedRows(4, m, d, 10).map((v, at) => (at % d === 2 ? 2 * v - 15 : v)),
]

/** Scores of the windows, or of some of their records. */
async function scoresOf(detector: Detector, summary: ReferenceSummary, changed: Changed): Promise<number[]> {
  const fitted = await detector.fit(summary, multiply)
  if (detector.kind === 'window') return windows.map((window) => windowScorer(detector, summary, fitted)(changed(window)))
  return windows.flatMap((window) => {
    const rows = changed(window)
    return [1, 2, 3, 4, 5].map((i) => detector.score(fitted, summary.whitening, rowOf(rows, d, i), rowOf(rows, d, i - 1)))
  })
}

const worst = (one: readonly number[], other: readonly number[]): number => {
  const largest = Math.max(...one.map(Math.abs))
  return Math.max(...one.map((value, i) => Math.abs(value - other[i]))) / largest
}

describe.each(detectors.map((detector) => ({ name: detector.name, detector })))('$name', ({ detector }) => {
  let summary: ReferenceSummary
  let scores: number[]
  beforeAll(async () => {
    summary = await summaryOf(reference, n, d)
    scores = await scoresOf(detector, summary, (rows) => rows)
  })

  it('scores the same whatever the order of the features', async () => {
    const other = await summaryOf(reordered(reference), n, d)
    const logits = summary.logits?.map((column) => order.indexOf(column)) ?? []
    const moved = {
      ...other,
      logits,
      patchScore: order.indexOf(2),
      taps: tapsOf(d, (column) => order.indexOf(column)),
      degraded: degradedOf(d, reordered),
      trained: trainedOf(other.whitening, order),
    }
    expect(worst(scores, await scoresOf(detector, moved, reordered))).toBeLessThan(1e-9)
  })

  it('scores the same in other units', async () => {
    const changed = special[detector.name] ?? inUnits
    const other = { ...(await summaryOf(changed(reference), n, d)), degraded: degradedOf(d, changed) }
    expect(worst(scores, await scoresOf(detector, other, changed))).toBeLessThan(1e-9)
  })
})
