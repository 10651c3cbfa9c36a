import type { FastMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import { gaussian } from '../../detectors/gaussian.js'
import { type ScoringGraph, scoringGraph } from '../../detectors/scoring-graph.js'
import { columnStats, standardisationOf } from '../../detectors/standardisation.js'
import { fitWhitening, type Whitening } from '../../detectors/whitening.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows } from '../../tests/detectors/samples.js'

/** A fitted Gaussian of d correlated features, and the graph that scores float32 rows with it. */
export interface Model {
  readonly whitening: Whitening
  readonly graph: ScoringGraph
}

/** Reference rows: at least this many, and enough for the covariance of many features. */
const LEAST_ROWS = 4096
const ROWS_PER_FEATURE = 2

export async function gaussianModel(d: number, { multiply }: FastMatMul): Promise<Model> {
  const n = Math.max(LEAST_ROWS, ROWS_PER_FEATURE * d)
  const rows = rowsFor(d, n, 'reference')
  const standardisation = standardisationOf(columnStats(rows, n, d))
  const runner = await openMoments(standardisation, 'float64')
  const moments = await runner.momentsOf(rows, n)
  await runner.close()
  const whitening = await fitWhitening(moments, standardisation, { shrinkage: 'ledoit-wolf' }, multiply)
  const fitted = await gaussian.fit({ moments: async () => moments, whitening, bank: { m: 0, rows: new Float64Array(0) } }, multiply)
  return { whitening, graph: scoringGraph(whitening, [{ detector: gaussian, fitted }], place(d, []), 'float32') }
}

/** Correlated normal rows away from zero; those of a stream are others than those of the reference. n x d. */
export const rowsFor = (d: number, n: number, part: 'reference' | 'stream'): Float64Array =>
  correlatedRows(part === 'reference' ? 1 : 2, n, d, OFFSET)

const OFFSET = 10
