import { openGraph } from '../../backbones/graph-runner.js'
import type { FastMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import type { Detector, ReferenceSummary } from '../../detectors/detector.js'
import { type FittedRecordDetector, scoringGraph } from '../../detectors/scoring-graph.js'
import { shrinkageFor } from '../../detectors/shrinkage.js'
import { columnStats, standardisationOf } from '../../detectors/standardisation.js'
import { fitWhitening } from '../../detectors/whitening.js'
import { type FittedWindowDetector, place, scoreLengths } from '../../detectors/window-sums.js'
import { bankOf } from '../../references/bank.js'
import { RowMemory } from '../../references/row-store.js'
import { windowMeansOf } from '../../references/window-means.js'

/** Per detector, its score of the last m records of a window; of a record detector the highest of its records'. */
export type Scores = ReadonlyMap<string, number>

/** Detectors fitted to a reference, which judge windows by the product's own graph, sums and scores. */
export interface Judge {
  /** Of a window of d-dimensional rows, for each of the lengths, its end being the window's. */
  scores(window: Float64Array, lengths: readonly number[]): Promise<Scores[]>
  close(): Promise<void>
}

/** @param size of the windows whose means detectors are fitted on, where they are */
export async function judgeBy(
  detectors: readonly Detector[],
  reference: Float64Array,
  d: number,
  { multiply }: FastMatMul,
  size: number,
): Promise<Judge> {
  const summary = await summaryOf(reference, d, size, multiply)
  const record: FittedRecordDetector[] = []
  const window: FittedWindowDetector[] = []
  for (const detector of detectors) {
    const fitted = await detector.fit(summary, multiply)
    if (detector.kind === 'record') record.push({ detector, fitted })
    else window.push({ detector, fitted })
  }
  const placement = place(d, window)
  const { width } = placement
  const runner = await openGraph(scoringGraph(summary.whitening, record, placement, 'float64'), d)
  return {
    scores: async (rows, lengths) => {
      const n = rows.length / d
      const output = await runner.run(rows, n)
      return lengths.map((m) => {
        const sums = new Float64Array(width)
        for (let at = (n - m) * width; at < n * width; at += width) for (let j = 0; j < width; j++) sums[j] += output.statistics[at + j]
        return new Map([
          ...record.map(({ detector }, r): [string, number] => [detector.name, Math.max(...output.scores[r].subarray(n - m))]),
          ...placement.detectors.map((placed): [string, number] => [
            placed.detector.name,
            scoreLengths(placement, placed, { lengths: [m], sums }).score,
          ]),
        ])
      })
    },
    close: () => runner.close(),
  }
}

/** As `fit` summarises all rows of a reference. */
async function summaryOf(reference: Float64Array, d: number, size: number, matmul: FastMatMul['multiply']): Promise<ReferenceSummary> {
  const n = reference.length / d
  const standardisation = standardisationOf(columnStats(reference, n, d))
  const runner = await openMoments(standardisation, 'float64')
  const moments = await runner.momentsOf(reference, n)
  await runner.close()
  const whitening = await fitWhitening(moments, standardisation, { shrinkage: shrinkageFor(n, d) }, matmul)
  const rows = { n, d, store: new RowMemory(reference, d), streams: [{ from: 0, to: n }] }
  const all = [{ from: 0, to: n, streamFrom: 0, streamTo: n }]
  return {
    moments: async () => moments,
    whitening,
    bank: bankOf(rows, all, whitening),
    windowMeans: windowMeansOf(rows, all, size, whitening),
  }
}
