import { type Stage, stages } from '../pipelines/metric-labels.js'
import { brief, StageMeters } from './stages.js'
import type { PipelineView, StageView } from './view.js'

/** Looks over which the rate of records is taken. */
const RATE_OVER = 5

/** How the pipeline does: what came of late, and which stage the others wait for. */
export class PipelineMeter {
  readonly #stages = new StageMeters(stages, performance.now())
  readonly #totals = { records: 0, rejected: 0 }
  /** The source's batches since the last look, and ms in which there was credit that it had not used; since when there is some now. */
  #batches = 0
  #waited = 0
  #waiting: number | undefined = performance.now()
  #loan = 0
  #looked = performance.now()
  #counted = 0
  readonly #rates: number[] = []
  #shown: readonly StageView[] = []

  /** @param credits most records between the source and the commit */
  constructor(private readonly credits: number) {}

  received(): void {
    this.#batches++
  }

  graded(records: number): void {
    this.#totals.records += records
  }

  rejected(records: number): void {
    this.#totals.rejected += records
  }

  stage(stage: Stage, seconds: number): void {
    this.#stages.add(stage, seconds, performance.now())
  }

  /** While there is credit, the others wait for the source. */
  onLoan(records: number): void {
    this.#loan = records
    const spent = records >= this.credits
    if (spent === (this.#waiting === undefined)) return
    const now = performance.now()
    if (this.#waiting !== undefined) this.#waited += now - this.#waiting
    this.#waiting = spent ? undefined : now
  }

  /** What is told per second is of the time since the last look. */
  look(): void {
    const now = performance.now()
    const elapsed = Math.max(1, now - this.#looked)
    this.#looked = now
    this.#shown = [this.#source(now, elapsed), ...this.#stages.read(now)]
    this.#rates.push((1000 * (this.#totals.records - this.#counted)) / elapsed)
    this.#counted = this.#totals.records
    if (this.#rates.length > RATE_OVER) this.#rates.shift()
  }

  show(lag: number): PipelineView {
    return {
      recordsPerSecond: brief(this.#rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, this.#rates.length)),
      ...this.#totals,
      lag,
      inFlight: brief(Math.min(1, this.#loan / this.credits)),
      stages: this.#shown,
    }
  }

  #source(now: number, elapsed: number): StageView {
    const waited = this.#waited + (this.#waiting === undefined ? 0 : now - this.#waiting)
    const batchesPerSecond = brief((1000 * this.#batches) / elapsed)
    this.#batches = 0
    this.#waited = 0
    if (this.#waiting !== undefined) this.#waiting = now
    return { name: 'source', batchesPerSecond, p99: 0, busy: brief(Math.min(1, waited / elapsed)) }
  }
}
