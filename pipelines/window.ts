import type { ArrayMemory } from '../connectors/array-memory.js'
import { type Placement, scoreLengths } from '../detectors/window-sums.js'
import type { Scored, WindowEvaluation, Windowed } from './batch.js'
import type { Charts } from './charts.js'

export interface WindowOptions {
  readonly windows: Placement
  readonly charts?: Charts | undefined
  /** Lengths that are looked at. */
  readonly lengths: number
  readonly memory: ArrayMemory
}

/** Folds the segments into the streams' windows; scores each window that becomes due, and carries the charts on. */
export const window =
  (options: WindowOptions) =>
  (batch: Scored): Windowed => {
    const { segments, states, sums } = batch
    const { windows, charts, lengths, memory } = options
    const { width, detectors } = windows
    const evaluations: WindowEvaluation[] = []
    for (let i = 0; i < segments.length; i++) {
      const { state, block, count, row } = segments[i]
      const { window, charts: charted } = states[state].folded
      if (!window.push(sums, i * width, count, block) || detectors.length === 0) continue
      const due = window.sums(memory.take(Float64Array, lengths * width))
      const scores = detectors.map((placed) => scoreLengths(windows, placed, due).score)
      const evaluation = { row, sums: due, scores }
      if (charts === undefined) evaluations.push(evaluation)
      else {
        charts.step(charted, scores, batch.times[row], batch.offsets[row])
        evaluations.push({ ...evaluation, scores: [...scores, ...charts.values(charted)], charts: charted.slice() })
      }
    }
    evaluations.sort((one, other) => one.row - other.row)
    return { ...batch, windows: evaluations }
  }
