import type { PValues } from './view.js'

const BINS = 20
/** When there are so many, all counts are halved: what came lately weighs more. */
const MOST = 20_000

/** How often p-values fell into each of 20 bins, by detector. */
export class PValueBins {
  readonly #counts: Uint32Array[]
  readonly #totals: number[]

  constructor(private readonly detectors: readonly string[]) {
    this.#counts = detectors.map(() => new Uint32Array(BINS))
    this.#totals = detectors.map(() => 0)
  }

  /** @param p above 0, at most 1 */
  add(detector: number, p: number): void {
    const counts = this.#counts[detector]
    counts[Math.min(BINS - 1, Math.floor(p * BINS))]++
    if (++this.#totals[detector] < MOST) return
    for (let bin = 0; bin < BINS; bin++) counts[bin] >>= 1
    this.#totals[detector] = counts.reduce((sum, count) => sum + count, 0)
  }

  show(): PValues[] {
    return this.detectors.map((detector, j) => ({ detector, counts: [...this.#counts[j]] }))
  }
}
