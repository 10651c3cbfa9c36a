import { conformalP } from '../../calibration/p-value.js'
import type { Graded } from '../../pipelines/batch.js'
import type { Scale, Scales } from '../../pipelines/calibrate.js'
import { atMost, blocksOf, type Estimate, estimateOf } from '../../references/block-estimate.js'
import type { Reference } from '../../references/reference.js'

const RARE = 0.05
/** Evaluations that are counted together. */
const STEP = 64

/** Counts evaluations and how many of them a reference finds among its rarest 5 %, detector by detector. */
export class Tally {
  readonly #p = new Map<string, (score: number) => number>()
  /** Per detector, per step of evaluations, how many were rare. */
  readonly #rare = new Map<string, number[]>()
  readonly #seen = new Map<string, number>()
  records = 0

  /** @param stream the only one that counts; undefined: all */
  constructor(
    { calibration: { quantiles, evaluations } }: Reference,
    private readonly stream: string | undefined,
  ) {
    for (const [detector, held] of Object.entries(quantiles)) this.#p.set(detector, conformalP(held, evaluations[detector]))
  }

  /** The scores of records, and of windows where no detector scores records. */
  add({ n, states, stateOf, scores, windows }: Graded, { record, drift }: Scales): void {
    const counts = (row: number) => this.stream === undefined || states[stateOf[row]].name === this.stream
    for (let row = 0; row < n; row++) {
      if (!counts(row)) continue
      this.records++
      for (const [j, scale] of record.entries()) this.#count(scale, scores[j][row])
    }
    if (record.length > 0) return
    for (const { row, scores: own } of windows) {
      if (counts(row)) for (const [j, scale] of drift.entries()) this.#count(scale, own[j])
    }
  }

  /** Share among the rarest 5 %, over 5 %: of the detector that finds most, or where all find few, fewest. */
  excess(): Estimate {
    const all = [...this.#rare].map(([detector, rare]) => this.#estimate(rare, this.#seen.get(detector) ?? 0))
    const most = all.reduce((a, b) => (b.value > a.value ? b : a))
    return atMost(most) >= 1 ? most : all.reduce((a, b) => (b.value < a.value ? b : a))
  }

  #count({ detector }: Scale, score: number): void {
    const seen = this.#seen.get(detector) ?? 0
    const rare = this.#rare.get(detector) ?? []
    this.#rare.set(detector, rare)
    this.#seen.set(detector, seen + 1)
    const step = Math.floor(seen / STEP)
    rare[step] = (rare[step] ?? 0) + Number((this.#p.get(detector)?.(score) ?? 1) <= RARE)
  }

  /** Steps that are not full do not count, but where there is no other. */
  #estimate(rare: readonly number[], seen: number): Estimate {
    const sum = (from: number, to: number) => rare.slice(from, to).reduce((total, one) => total + one, 0)
    const full = Math.floor(seen / STEP)
    const blocks = blocksOf(full)
    if (blocks.some(([from, to]) => from === to)) return { value: sum(0, rare.length) / seen / RARE, error: Number.POSITIVE_INFINITY }
    const { value, error } = estimateOf(blocks.map(([from, to]) => sum(from, to) / ((to - from) * STEP) / RARE))
    return { value, error: Math.max(error, 1 / RARE / seen) }
  }
}
