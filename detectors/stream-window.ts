import { BlockWindow, type BlockWindowState } from './block-window.js'
import { TimeWindow, type TimeWindowState } from './time-window.js'
import type { WindowShape } from './window-shape.js'

/** What a stream keeps of its last records. */
export type StreamWindow = BlockWindow | TimeWindow
export type StreamWindowState = BlockWindowState | TimeWindowState

/** Throws `RangeError` when the shape is no window or the state belongs to a window of another shape. */
export function openWindow(shape: WindowShape, d: number, state?: StreamWindowState): StreamWindow {
  if (state === undefined) return shape.by === 'time' ? new TimeWindow(shape, d) : new BlockWindow(shape, d)
  if (shape.by === 'time' && 'blocks' in state) return new TimeWindow(shape, d, state)
  if (shape.by === undefined && 'closed' in state) return new BlockWindow(shape, d, state)
  throw new RangeError(`state of windows by ${'blocks' in state ? 'time' : 'count'} does not fit windows by ${shape.by ?? 'count'}`)
}
