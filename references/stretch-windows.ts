import type { GraphOutput } from '../backbones/graph-runner.js'
import { BlockWindow } from '../detectors/block-window.js'
import { TimeBlocks } from '../detectors/time-blocks.js'
import { TimeWindow } from '../detectors/time-window.js'
import { lengthsOf, type WindowShape } from '../detectors/window-shape.js'
import { type Placement, scoreLengths } from '../detectors/window-sums.js'

/** The windows of one stretch of rows, and of those before it that only fill the first ones. */
export class StretchWindows {
  readonly #window:
    | { readonly by: 'count'; readonly of: BlockWindow }
    | { readonly by: 'time'; readonly of: TimeWindow; readonly blocks: TimeBlocks }
  readonly #segment: Float64Array<ArrayBuffer>
  readonly #sums: Float64Array<ArrayBuffer>
  readonly #scores: readonly number[][]
  readonly #evaluated: number[] = []
  #rows = 0

  /** @param warmUp rows at the beginning whose own evaluations do not count */
  constructor(
    private readonly windows: Placement,
    window: WindowShape,
    private readonly warmUp: number,
  ) {
    const { width, detectors } = windows
    this.#window =
      window.by === 'time'
        ? { by: 'time', of: new TimeWindow(window, width), blocks: new TimeBlocks(window) }
        : { by: 'count', of: new BlockWindow(window, width) }
    this.#segment = new Float64Array(width)
    this.#sums = new Float64Array(lengthsOf(window).length * width)
    this.#scores = detectors.map(() => [])
  }

  /** The rows of the stretch, from 0, after which its windows are evaluated. */
  get evaluated(): Int32Array {
    return Int32Array.from(this.#evaluated)
  }

  /** Adds n rows, segment by segment. @param times of the rows, where windows are by time */
  add({ statistics }: GraphOutput, n: number, times: ArrayLike<number> = []): void {
    const window = this.#window
    if (this.windows.detectors.length === 0) return
    if (window.by === 'count') this.#addByCount(window.of, statistics, n)
    else
      this.#addByTime(
        window,
        statistics,
        Float64Array.from({ length: n }, (_, row) => window.blocks.of(times[row]) ?? Number.NaN),
      )
  }

  /** The stream goes on after the stretch with a record at that time, which ends the last window by time of the stretch. */
  goesOn(time: number): void {
    const window = this.#window
    if (window.by === 'count' || this.windows.detectors.length === 0) return
    const block = window.blocks.of(time)
    if (block !== undefined && window.of.push(this.#segment.fill(0), 0, 0, block)) this.#evaluate(window.of)
  }

  scores(): [string, Float64Array][] {
    return this.windows.detectors.map(({ detector }, j) => [detector.name, Float64Array.from(this.#scores[j])])
  }

  #addByCount(window: BlockWindow, statistics: Float32Array, n: number): void {
    for (let row = 0; row < n; ) {
      const count = Math.min(window.room, n - row)
      const due = window.push(this.#sumUp(statistics, row, row + count), 0, count)
      row += count
      this.#rows += count
      if (due) this.#evaluate(window)
    }
  }

  /** @param blocks of each row its sub-block, or NaN */
  #addByTime({ of: window }: { of: TimeWindow }, statistics: Float32Array, blocks: Float64Array): void {
    for (let row = 0, end = 1; row < blocks.length; row = end++) {
      while (blocks[end] === blocks[row]) end++
      const held = !Number.isNaN(blocks[row])
      if (held && window.push(this.#sumUp(statistics, row, end), 0, end - row, blocks[row])) this.#evaluate(window)
      this.#rows += end - row
    }
  }

  #sumUp(statistics: Float32Array, from: number, to: number): Float64Array {
    const { width } = this.windows
    this.#segment.fill(0)
    for (let at = from * width; at < to * width; at += width) for (let j = 0; j < width; j++) this.#segment[j] += statistics[at + j]
    return this.#segment
  }

  /** Of windows that end with the last row so far. */
  #evaluate(window: BlockWindow | TimeWindow): void {
    if (this.#rows <= this.warmUp) return
    const sums = window.sums(this.#sums)
    this.#evaluated.push(this.#rows - this.warmUp - 1)
    this.windows.detectors.forEach((placed, j) => {
      this.#scores[j].push(scoreLengths(this.windows, placed, sums).score)
    })
  }
}
