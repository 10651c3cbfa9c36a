import type { TrainedTap } from '../../detectors/channels.js'
import { classMoments } from '../../detectors/class-centres.js'
import type { Degraded, ReferenceSummary } from '../../detectors/detector.js'
import type { LabelSummary } from '../../detectors/labels.js'
import { factorise } from '../../detectors/linalg.js'
import { multiply } from '../../detectors/matmul.js'
import type { Moments } from '../../detectors/moments.js'
import type { Shrinkage } from '../../detectors/shrinkage.js'
import { columnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import type { TapColumns } from '../../detectors/tap-columns.js'
import { fitWhitening, type Whitening } from '../../detectors/whitening.js'
import { RowMemory } from '../../references/row-store.js'
import { rowsBefore } from '../../references/rows.js'
import { windowMeansOf } from '../../references/window-means.js'
import { momentsOf } from './plain-moments.js'

/** Seeded uniform numbers in (0, 1) (mulberry32). */
export const uniforms = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296
  }
}

/** Seeded standard normal numbers (Box-Muller). */
export const normals = (seed: number): (() => number) => {
  const uniform = uniforms(seed)
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** n rows of d correlated normal columns (neighbours share 0.6), each column at its own offset and scale. */
export const correlatedRows = (seed: number, n: number, d: number, offset = 0, scale = 1): Float64Array => {
  const normal = normals(seed)
  const rows = new Float64Array(n * d)
  for (let i = 0; i < n; i++) {
    let last = normal()
    for (let j = 0; j < d; j++) {
      last = 0.6 * last + 0.8 * normal()
      rows[i * d + j] = offset * (1 + j / d) + scale * (1 + (j % 3)) * last
    }
  }
  return rows
}

/** The whole fit of rows, in plain JavaScript. */
export const fitRows = async (rows: Float64Array, n: number, d: number, shrinkage: Shrinkage = 'ledoit-wolf'): Promise<Whitening> => {
  const standardisation = standardisationOf(columnStats(rows, n, d))
  const moments = await momentsOf(standardise(rows, n, standardisation), n, d)
  return fitWhitening(moments, standardisation, { shrinkage }, multiply)
}

/** Moments of standardised rows beside the one before each, that one first. */
export const pairMomentsOf = (rows: Float64Array, n: number, d: number): Promise<Moments> => {
  const pairs = Float64Array.from({ length: (n - 1) * 2 * d }, (_, at) => rows[Math.floor(at / (2 * d)) * d + (at % (2 * d))])
  return momentsOf(pairs, n - 1, 2 * d)
}

/** Rows of the windows whose means are in a summary. */
export const WINDOW = 16

/** What detectors are fitted on, of rows of one stream that are all in the bank; a third of the columns, the last, are logits, and the third is the score of patches. */
export const summaryOf = async (rows: Float64Array, n: number, d: number): Promise<ReferenceSummary> => {
  const standardisation = standardisationOf(columnStats(rows, n, d))
  const standardised = standardise(rows, n, standardisation)
  const moments = await momentsOf(standardised, n, d)
  const whitening = await fitWhitening(moments, standardisation, { shrinkage: 'light' }, multiply)
  const bank = { m: n, rows: standardised, previous: rowsBefore(standardised, d) }
  const all = { n, d, store: new RowMemory(rows, d), streams: [{ from: 0, to: n }] }
  const windowMeans = windowMeansOf(all, [{ from: 0, to: n, streamFrom: 0, streamTo: n }], WINDOW, whitening)
  const logits = Array.from({ length: Math.floor(d / 3) }, (_, i) => d - 1 - i)
  const labels = await labelsOf(standardised, d)
  const degraded = degradedOf(d)
  const patchScore = Math.min(2, d - 1)
  const pairs = await pairMomentsOf(standardised, n, d)
  const trained = trainedOf(whitening)
  const rest = { labels, logits, degraded, pairs, windowMeans, patchScore, taps: tapsOf(d), trained }
  return { moments: async () => moments, whitening, bank, ...rest }
}

/** Two taps, of which the first two columns and the others; every fourth column is no mean. */
export const tapsOf = (d: number, at = (column: number) => column): TapColumns[] =>
  [
    [0, Math.min(2, d)],
    [Math.min(2, d), d],
  ].map(([from, to]) => {
    const columns = [...Array(d).keys()].slice(from, to)
    return { columns: columns.map(at), means: columns.filter((column) => column % 4 !== 3).map(at) }
  })

/** What degradations change of the rows of a summary; `changed` as the rows are, whose origin does not matter. */
export const degradedOf = (d: number, changed = (rows: Float64Array) => rows): Degraded => {
  const [shifts, origin] = [changed(correlatedRows(99, 40, d)), changed(new Float64Array(40 * d))]
  return { columns: [...Array(d).keys()], shifts: shifts.map((value, at) => value - origin[at]) }
}

/**
 * A tap whose channels have the first half of the columns as means and the second as spreads, and its statistics in training: somewhat off
 * those of the rows. `order`: where each column comes from.
 */
export const trainedOf = ({ d, mean, scale }: Whitening, order: readonly number[] = [...Array(d).keys()]): TrainedTap[] => {
  const channels = Math.floor(d / 2)
  if (channels === 0) return []
  const means = Float64Array.from({ length: channels }, (_, c) => order.indexOf(c))
  const logSds = Float64Array.from({ length: channels }, (_, c) => order.indexOf(channels + c))
  return [
    {
      means,
      logSds,
      mean: means.map((j) => mean[j] + 0.5 * scale[j]),
      variance: logSds.map((j) => Math.exp(2 * (mean[j] + 0.3 * scale[j]))),
    },
  ]
}

/** Labels of standardised rows: every third has none, the others `a` and `b` in turn. */
export const labelsOf = async (rows: Float64Array, d: number): Promise<LabelSummary> => {
  const classOf = Int32Array.from({ length: rows.length / d }, (_, i) => (i % 3) - 1)
  const counts = Float64Array.from([-1, 0, 1, 2], (c) => classOf.filter((own) => own === c).length)
  return { counts, classes: await classMoments(rows, classOf, new Float64Array(3 * d), d, multiply) }
}

/** A whitening with the unbiased sample covariance and no shrinkage, for which the null distributions are known exactly. */
export const unshrunk = async (rows: Float64Array, n: number, d: number): Promise<Whitening> => {
  const { mean, scatter } = await momentsOf(rows, n, d)
  const covariance = new Float64Array(d * d)
  for (let i = 0, at = 0; i < d; i++) {
    for (let j = 0; j <= i; j++, at++) covariance[i * d + j] = covariance[j * d + i] = scatter[at] / (n - 1)
  }
  const factor = await factorise(covariance, d, multiply)
  if (factor === undefined) throw new Error('the sample covariance is singular')
  const scale = new Float64Array(d).fill(1)
  const active = Array.from(scale, () => true)
  return { n, d, mean, scale, active, root: { d, ...factor }, method: 'ledoit-wolf', shrinkage: 0, ridge: 0, condition: 1, logDet: 0 }
}

/** Row i of row-major rows. */
export const rowOf = (rows: Float64Array, d: number, i: number): Float64Array => rows.slice(i * d, (i + 1) * d)

/** Largest difference between two arrays of equal length, in units of the largest magnitude of the second. */
export const relativeError = (found: ArrayLike<number>, expected: ArrayLike<number>): number => {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY
  let worst = 0
  let largest = Number.MIN_VALUE
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(found[i] - expected[i]))
    largest = Math.max(largest, Math.abs(expected[i]))
    if (Number.isNaN(found[i])) return Number.POSITIVE_INFINITY
  }
  return worst / largest
}
