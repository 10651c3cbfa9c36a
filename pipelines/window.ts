import type { WindowDetector } from '../detectors/detector.js'
import type { Fitted } from '../detectors/stored.js'
import type { Scored, WindowEvaluation, Windowed } from './batch.js'

export interface WindowOptions {
  readonly detectors: readonly { readonly detector: WindowDetector; readonly fitted: Fitted }[]
  /** Window length in records. */
  readonly size: number
}

/** Folds the segments into the streams' windows; scores each window that becomes due. */
export const window =
  (options: WindowOptions) =>
  (batch: Scored): Windowed => {
    const windows: WindowEvaluation[] = []
    batch.segments.forEach((segment, i) => {
      const { window } = batch.states[segment.state].folded
      if (!window.push(batch.sums, i * batch.d, segment.count) || options.detectors.length === 0) return
      const sum = window.sum(new Float64Array(batch.d))
      const scores = new Float64Array(options.detectors.length)
      for (const [j, { detector, fitted }] of options.detectors.entries()) scores[j] = detector.score(fitted, sum, options.size)
      windows.push({ row: segment.lastRow, sum, scores })
    })
    windows.sort((one, other) => one.row - other.row)
    return { ...batch, windows }
  }
