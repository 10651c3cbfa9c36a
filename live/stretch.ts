import type { Limits } from '../pipelines/findings.js'
import type { Judged } from './subject.js'

/** What a batch tells of one stream within one span; used again, as there are many. */
export class StretchOf {
  /** Of the span, ms; 0: nothing was begun. */
  end = 0
  time = 0
  /** The row of the rarest record, -1: none; and how rare it is, and the rarest window. */
  row = -1
  rarest = Number.NEGATIVE_INFINITY
  rarestWindow = Number.NEGATIVE_INFINITY
  /** The highest score of each detector, those of records first. */
  readonly #highest: Float64Array

  constructor(private readonly limits: Limits) {
    this.#highest = new Float64Array(limits.record.length + limits.drift.length)
  }

  begin(time: number, end: number): void {
    this.time = time
    this.end = end
    this.row = -1
    this.rarest = Number.NEGATIVE_INFINITY
    this.rarestWindow = Number.NEGATIVE_INFINITY
    this.#highest.fill(Number.NEGATIVE_INFINITY)
  }

  record({ record, scores, own }: Judged, row: number): void {
    if (record.a[row] > this.rarest) {
      this.rarest = record.a[row]
      this.row = row
    }
    if (own !== undefined) this.#raise(0, own[row]?.score)
    for (let j = 0; j < scores.length; j++) if (scores[j][row] > this.#highest[j]) this.#highest[j] = scores[j][row]
  }

  window({ drift, windows }: Judged, index: number): void {
    this.rarestWindow = Math.max(this.rarestWindow, drift.a[index])
    for (const [j, score] of windows[index].scores.entries()) this.#raise(this.limits.record.length + j, score)
  }

  /** Of every detector that scored, its highest score over its limit. */
  effects(tell: (detector: number, effect: number) => void): void {
    const { record, drift } = this.limits
    for (let j = 0; j < this.#highest.length; j++) {
      const { limit } = j < record.length ? record[j] : drift[j - record.length]
      if (this.#highest[j] > Number.NEGATIVE_INFINITY) tell(j, this.#highest[j] / limit)
    }
  }

  #raise(j: number, score: number | undefined): void {
    if (score !== undefined && score > this.#highest[j]) this.#highest[j] = score
  }
}
