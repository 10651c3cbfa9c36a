import type { Judged, Subject } from './subject.js'
import type { PValues } from './view.js'

const BINS = 20
/** When there are so many, all counts are halved: what came lately weighs more. */
const MOST = 20_000

/** One in so many records, and windows, has its p-values counted; primes, as streams come in turns. */
const SAMPLED = { records: 101, windows: 7 }

/** How often p-values of a sample fell into each of 20 bins, by detector. */
export class PValueBins {
  readonly #counts: Uint32Array[]
  readonly #totals: number[]
  readonly #next = { record: 0, window: 0 }

  constructor(private readonly detectors: readonly string[]) {
    this.#counts = detectors.map(() => new Uint32Array(BINS))
    this.#totals = detectors.map(() => 0)
  }

  /** Takes its sample of the batch. */
  sample({ scales, pValue }: Pick<Subject, 'scales' | 'pValue'>, { n, scores, own, windows }: Judged): void {
    const { record, drift } = scales
    const next = this.#next
    for (; next.record < n; next.record += SAMPLED.records) {
      if (own !== undefined) this.add(0, own[next.record]?.p)
      else for (let j = 0; j < record.length; j++) this.add(j, pValue(record[j].detector, scores[j][next.record]))
    }
    for (; next.window < windows.length; next.window += SAMPLED.windows) {
      const { scores } = windows[next.window]
      for (let j = 0; j < drift.length; j++) this.add(record.length + j, pValue(drift[j].detector, scores[j]))
    }
    next.record -= n
    next.window -= windows.length
  }

  /** @param p above 0, at most 1 */
  add(detector: number, p: number | undefined): void {
    if (p === undefined) return
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
