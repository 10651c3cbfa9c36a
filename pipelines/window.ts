import type { ArrayMemory } from '../connectors/array-memory.js'
import type { WindowDetector } from '../detectors/detector.js'
import type { Fitted } from '../detectors/stored.js'
import type { Scored, WindowEvaluation, Windowed } from './batch.js'

export interface WindowOptions {
  readonly detectors: readonly { readonly detector: WindowDetector; readonly fitted: Fitted }[]
  /** Window length in records. */
  readonly size: number
  readonly memory: ArrayMemory
}

/** Folds the segments into the streams' windows; scores each window that becomes due. */
export const window =
  (options: WindowOptions) =>
  (batch: Scored): Windowed => {
    const { segments, states, sums, d } = batch
    const { detectors, size, memory } = options
    const windows: WindowEvaluation[] = []
    const windowSums = memory.take(Float64Array, segments.length * d)
    for (let i = 0; i < segments.length; i++) {
      const { state, count, lastRow } = segments[i]
      const { window } = states[state].folded
      if (!window.push(sums, i * d, count) || detectors.length === 0) continue
      const at = windows.length * d
      const sum = window.sum(windowSums.subarray(at, at + d))
      windows.push({ row: lastRow, sum, scores: detectors.map(({ detector, fitted }) => detector.score(fitted, sum, size)) })
    }
    windows.sort((one, other) => one.row - other.row)
    return { ...batch, windows, windowSums }
  }
