import type { AlertEvent } from '../alerts/event.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { Scale } from '../pipelines/calibrate.js'
import { replayRows } from './in-process.js'

/** What detectors of one kind make of every row. */
export interface KindScores {
  /** Decades of the rarest of them: what the product alarms on. */
  readonly a: Float64Array
  /** Per detector its own scores. */
  readonly own: ReadonlyMap<string, Float64Array>
}

export interface RowScores {
  readonly record: KindScores
  /** Of the latest evaluation of the window at each row; -infinity before the first. */
  readonly drift: KindScores
  readonly events: readonly AlertEvent[]
  /** From the first batch's arrival to the last one's end. */
  readonly recordsPerSecond: number
}

/** Replays rows of d numbers by the shipped pipeline and keeps all that it made of them. */
export async function rowScores(config: MonitorConfig, folder: string, values: Float64Array, d: number): Promise<RowScores> {
  const n = values.length / d
  const [record, drift] = [new Columns(n), new Columns(n)]
  let [first, last, seen] = [Number.POSITIVE_INFINITY, 0, 0]
  const events = await replayRows(config, folder, values, d, (batch, scales) => {
    first = Math.min(first, batch.arrived)
    last = performance.now()
    for (let i = 0; i < batch.n; i++) {
      record.set(batch.offsets[i], batch.record.a[i], scales.record, (j) => batch.scores[j][i])
    }
    for (const [i, { row, scores }] of batch.windows.entries()) {
      drift.set(batch.offsets[row], batch.drift.a[i], scales.drift, (j) => scores[j])
    }
    seen += batch.n
  })
  if (seen !== n) throw new Error(`${seen} of ${n} rows were scored`)
  return { record, drift: drift.held(), events, recordsPerSecond: (1000 * n) / (last - first) }
}

class Columns implements KindScores {
  readonly a: Float64Array
  readonly own = new Map<string, Float64Array>()

  constructor(private readonly n: number) {
    this.a = missing(n)
  }

  set(row: number, a: number, scales: readonly Scale[], score: (j: number) => number): void {
    this.a[row] = a
    for (const [j, { detector }] of scales.entries()) {
      const scores = this.own.get(detector) ?? missing(this.n)
      scores[row] = score(j)
      this.own.set(detector, scores)
    }
  }

  /** Every row that has no value has the one of the row before it. */
  held(): KindScores {
    for (const column of [this.a, ...this.own.values()]) {
      for (let row = 1; row < this.n; row++) if (column[row] === Number.NEGATIVE_INFINITY) column[row] = column[row - 1]
    }
    return this
  }
}

const missing = (n: number): Float64Array => new Float64Array(n).fill(Number.NEGATIVE_INFINITY)
