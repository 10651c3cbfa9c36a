import type { GraphOutput, GraphRunner } from '../backbones/graph-runner.js'
import type { Detector, ReferenceSummary } from '../detectors/detector.js'
import { type FittedRecordDetector, scoringGraph } from '../detectors/scoring-graph.js'
import type { Fitted } from '../detectors/stored.js'
import { Unfit } from '../detectors/unfit.js'
import type { WindowShape } from '../detectors/window-shape.js'
import { type FittedWindowDetector, type Placement, place } from '../detectors/window-sums.js'
import type { GapFiller } from '../kinds/gaps.js'
import type { FitTools } from './fit-options.js'
import { completed } from './fold-moments.js'
import type { Stretch } from './folds.js'
import { FitRefused } from './refusal.js'
import type { Values } from './row-store.js'
import { type Rows, rowsBefore } from './rows.js'
import { StretchWindows } from './stretch-windows.js'
import { timesOf } from './sub-blocks.js'

/** Numbers that go through the graph in one step. */
const STEP_VALUES = 2 ** 20

/** Per detector its scores over one stretch: one per record, or one per evaluation of the window. */
export type StretchScores = ReadonlyMap<string, Float64Array>

/** A stretch as it was scored. */
export interface ScoredStretch {
  readonly scores: StretchScores
  /** The rows of the stretch, from 0, after which its windows were evaluated, rising. */
  readonly evaluated: Int32Array
}

/** Fitted detectors that score reference rows by the same graph and the same windows as the live stream. */
export class ScoringModel {
  readonly #record: readonly FittedRecordDetector[]
  readonly #windows: Placement
  readonly #runner: GraphRunner
  readonly #usesPrevious: boolean
  readonly #filler: GapFiller | undefined

  constructor(record: readonly FittedRecordDetector[], windows: Placement, runner: GraphRunner, filler?: GapFiller) {
    this.#record = record
    this.#usesPrevious = [...record, ...windows.detectors].some(({ detector }) => detector.usesPrevious)
    this.#windows = windows
    this.#runner = runner
    this.#filler = filler
  }

  /** Per detector what was fitted. */
  get fitted(): Record<string, Fitted> {
    return Object.fromEntries([...this.#record, ...this.#windows.detectors].map(({ detector, fitted }) => [detector.name, fitted]))
  }

  /** Scores of the n rows of a stream by each record detector. */
  async scoreRows(values: Values, n: number): Promise<Map<string, Float32Array>> {
    const { scores } = await this.#run(values, n)
    return new Map(this.#record.map(({ detector }, j) => [detector.name, scores[j]]))
  }

  /**
   * Scores of rows [from, to) of a stream. The rows [warmFrom, from) before them only fill the first windows; sub-blocks by count begin at
   * `warmFrom`.
   */
  async score(rows: Rows, { from, to, streamFrom, streamTo }: Stretch, window: WindowShape, warmFrom = from): Promise<ScoredStretch> {
    const { d } = this.#windows
    const step = Math.max(1, Math.floor(STEP_VALUES / d))
    const record = this.#record.map(() => new Float64Array(to - from))
    const windows = new StretchWindows(this.#windows, window, from - warmFrom)
    const times = window.by === 'time' ? timesOf(rows) : undefined
    for (let at = warmFrom; at < to; at += step) {
      const n = Math.min(step, to - at)
      const before = this.#usesPrevious ? Math.max(streamFrom, at - 1) : at
      const values = completed(rows.store.read(before, at + n), d, this.#filler, before)
      const output = await this.#run(values, n, rows.labels?.read(at, at + n))
      const warm = Math.min(n, Math.max(0, from - at))
      output.scores.forEach((scores, j) => {
        if (warm < n) record[j].set(scores.subarray(warm), at + warm - from)
      })
      windows.add(output, n, times?.read(at, at + n))
    }
    if (times !== undefined && to < streamTo) windows.goesOn(times.read(to, to + 1)[0])
    const scores = new Map([
      ...this.#record.map(({ detector }, j): [string, Float64Array] => [detector.name, record[j]]),
      ...windows.scores(),
    ])
    return { scores, evaluated: windows.evaluated }
  }

  close(): Promise<void> {
    return this.#runner.close()
  }

  /** Scores the last n rows; one more before them is the first one's predecessor. */
  #run(values: Values, n: number, labels?: Float32Array): Promise<GraphOutput> {
    if (!this.#usesPrevious) return this.#runner.run(values, n, undefined, { labels })
    const start = values.length - n * this.#windows.d
    const previous = start > 0 ? values : rowsBefore(values, this.#windows.d)
    return this.#runner.run(values.subarray(start), n, undefined, { previous, labels })
  }
}

/** Fits detectors to a summary and opens the graph that scores rows of the given precision with them; `filler` where rows may have gaps. */
export async function openModel(
  summary: ReferenceSummary,
  detectors: readonly Detector[],
  dtype: 'float32' | 'float64',
  { matmul, openGraph }: Pick<FitTools, 'matmul' | 'openGraph'>,
  filler?: GapFiller,
): Promise<ScoringModel> {
  const record: FittedRecordDetector[] = []
  const window: FittedWindowDetector[] = []
  for (const detector of detectors) {
    const fitted = await fittedTo(summary, detector, matmul)
    if (detector.kind === 'record') record.push({ detector, fitted })
    else window.push({ detector, fitted })
  }
  const { d } = summary.whitening
  const windows = place(d, window)
  return new ScoringModel(record, windows, await openGraph(scoringGraph(summary.whitening, record, windows, dtype), d), filler)
}

const fittedTo = (summary: ReferenceSummary, detector: Detector, matmul: FitTools['matmul']): Promise<Fitted> =>
  detector.fit(summary, matmul).catch((error) => {
    throw error instanceof Unfit ? new FitRefused('detector', error.message, { cause: error }) : error
  })
