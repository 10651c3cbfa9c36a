import { openGraph } from '../../backbones/graph-runner.js'
import type { FastMatMul } from '../../backbones/matmul.js'
import { sorted } from '../../calibration/order-statistics.js'
import { conformalP, thinScores } from '../../calibration/p-value.js'
import { rowsTimesTransposedInverse } from '../../detectors/root.js'
import { standardise } from '../../detectors/standardisation.js'
import { type Model, rowsFor } from './model.js'

/** What scoring in float32 instead of float64 changes, over rows that the reference was not fitted on. */
export interface Precision {
  /** Largest difference of a score, as a part of the score. */
  readonly score: number
  /** Spearman's correlation. */
  readonly rank: number
  /** Most places that a row has moved in the order of all. */
  readonly moved: number
  /** Largest difference of a p-value, as a part of it. P-values are rounded up by at most 0.5 %, so a move by one place may cost that. */
  readonly p: number
}

/** New rows: half of them calibrate, half are judged. */
export const ROWS = 8192

/** Each precision is calibrated by its own scores, as a monitor would be. The rows are float32 for both. */
export async function comparePrecision({ whitening, graph }: Model, matmul: FastMatMul): Promise<Precision> {
  const { d } = whitening
  const rows = Float32Array.from(rowsFor(d, ROWS, 'stream'))
  const runner = await openGraph(graph, d)
  const narrow = Float64Array.from((await runner.run(rows, ROWS)).scores[0])
  await runner.close()
  const z = await rowsTimesTransposedInverse(whitening.root, standardise(rows, ROWS, whitening), matmul.multiply)
  const wide = Float64Array.from({ length: ROWS }, (_, i) => z.subarray(i * d, (i + 1) * d).reduce((sum, value) => sum + value * value, 0))
  const [narrowPs, widePs] = [pValues(narrow), pValues(wide)]
  const [narrowRanks, wideRanks] = [ranks(narrow), ranks(wide)]
  return {
    score: largest(narrow.map((score, i) => Math.abs(score / wide[i] - 1))),
    rank: spearman(narrowRanks, wideRanks),
    moved: largest(narrowRanks.map((rank, i) => Math.abs(rank - wideRanks[i]))),
    p: largest(narrowPs.map((p, i) => Math.abs(p / widePs[i] - 1))),
  }
}

/** Of the second half of the scores, calibrated by the first half. */
function pValues(scores: Float64Array): Float64Array {
  const half = scores.length / 2
  return scores.subarray(half).map(conformalP(thinScores(sorted([scores.subarray(0, half)])), half))
}

/** Spearman's correlation: 1 = the same order. */
function spearman(a: Float64Array, b: Float64Array): number {
  const n = a.length
  return 1 - (6 * a.reduce((sum, rank, i) => sum + (rank - b[i]) ** 2, 0)) / (n * (n * n - 1))
}

/** Each value's place in rising order, from 0. */
function ranks(values: Float64Array): Float64Array {
  const places = new Float64Array(values.length)
  Int32Array.from(values.keys())
    .sort((i, j) => values[i] - values[j])
    .forEach((index, place) => {
      places[index] = place
    })
  return places
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0)
