import type { Stage } from '../pipelines/metric-labels.js'
import type { StageView } from './view.js'

const KEPT = 256

/** How a stage does: what it had to do since it was last asked, and how long that took of late. */
class Meter {
  #batches = 0
  /** ms in which at least one batch was in it. */
  #worked = 0
  #until = 0
  readonly #latest = new Float64Array(KEPT)
  #seen = 0

  /** @param seconds a batch took that has ended at `now` (ms); batches end in the order in which they began */
  add(seconds: number, now: number): void {
    this.#batches++
    this.#worked += Math.max(0, now - Math.max(this.#until, now - 1000 * seconds))
    this.#until = now
    this.#latest[this.#seen++ % KEPT] = seconds
  }

  read(elapsed: number): Omit<StageView, 'name'> {
    const latest = this.#latest.slice(0, Math.min(this.#seen, KEPT)).sort()
    const view = {
      batchesPerSecond: brief((1000 * this.#batches) / elapsed),
      p99: brief(latest[Math.ceil(0.99 * latest.length) - 1] ?? 0),
      busy: brief(Math.min(1, this.#worked / elapsed)),
    }
    this.#batches = 0
    this.#worked = 0
    return view
  }
}

/** The stages of a monitor: those that ever had something to do, and how they did between two looks at them. */
export class StageMeters {
  readonly #meters = new Map<Stage, Meter>()
  #read: number

  constructor(
    /** In the data's order. */
    private readonly order: readonly Stage[],
    now: number,
  ) {
    this.#read = now
  }

  /** @param now ms of a clock that only goes forward */
  add(stage: Stage, seconds: number, now: number): void {
    let meter = this.#meters.get(stage)
    if (meter === undefined) {
      meter = new Meter()
      this.#meters.set(stage, meter)
    }
    meter.add(seconds, now)
  }

  read(now: number): StageView[] {
    const elapsed = Math.max(1, now - this.#read)
    this.#read = now
    return this.order.flatMap((name) => {
      const meter = this.#meters.get(name)
      return meter === undefined ? [] : [{ name, ...meter.read(elapsed) }]
    })
  }
}

export const brief = (value: number): number => Number(value.toPrecision(3))
