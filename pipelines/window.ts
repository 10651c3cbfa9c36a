import type { ArrayMemory } from '../connectors/array-memory.js'
import { type Placement, sumsFor } from '../detectors/window-sums.js'
import type { Scored, WindowEvaluation, Windowed } from './batch.js'

export interface WindowOptions {
  readonly windows: Placement
  /** Window length in records. */
  readonly size: number
  readonly memory: ArrayMemory
}

/** Folds the segments into the streams' windows; scores each window that becomes due. */
export const window =
  (options: WindowOptions) =>
  (batch: Scored): Windowed => {
    const { segments, states, sums } = batch
    const { windows, size, memory } = options
    const { width, detectors } = windows
    const evaluations: WindowEvaluation[] = []
    const windowSums = memory.take(Float64Array, segments.length * width)
    for (let i = 0; i < segments.length; i++) {
      const { state, count, lastRow } = segments[i]
      const { window } = states[state].folded
      if (!window.push(sums, i * width, count) || detectors.length === 0) continue
      const at = evaluations.length * width
      const sum = window.sum(windowSums.subarray(at, at + width))
      const scores = detectors.map((placed) => placed.detector.score(placed.fitted, sumsFor(windows, placed, sum, size)))
      evaluations.push({ row: lastRow, sum, scores })
    }
    evaluations.sort((one, other) => one.row - other.row)
    return { ...batch, windows: evaluations, windowSums }
  }
