import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** How often the loop is asked whether it still turns, in ms. The histogram counts this wait too; it is subtracted. */
const RESOLUTION_MS = 10

export const delayQuantiles = ['0.5', '0.99', '1'] as const
export type DelayQuantile = (typeof delayQuantiles)[number]

/** How late the event loop was, in seconds, since the last reading. The quantile 1 is the maximum. */
export class EventLoopDelay {
  readonly #histogram: IntervalHistogram

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#histogram.enable()
  }

  /** Reads and starts anew. All zero when nothing was sampled in between. */
  read(): Record<DelayQuantile, number> {
    const at = (percentile: number) => Math.max(0, this.#histogram.percentile(percentile) / 1e9 - RESOLUTION_MS / 1e3)
    const reading = { '0.5': at(50), '0.99': at(99), '1': at(100) }
    this.#histogram.reset()
    return reading
  }

  close(): void {
    this.#histogram.disable()
  }
}
