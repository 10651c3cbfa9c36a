import { barFor } from '../../calibration/budget.js'
import { warmUpRows } from '../../calibration/detrend.js'
import type { Reference } from '../../references/reference.js'
import { flaggedRows } from '../episodes.js'
import { fitRows, inFolder, monitorIn } from '../in-process.js'
import type { Matrix } from '../npz.js'
import { type RowScores, rowScores } from '../row-scores.js'
import type { TepRuns } from './data.js'

/** One row every three minutes. */
const ROWS_PER_DAY = 480
/** The product's own threshold: as many alerts as one row in a hundred. */
const BUDGET = ROWS_PER_DAY / 100

/** What the pipeline makes of one run, row by row. */
export interface Watched extends Pick<RowScores, 'record' | 'drift'> {
  /** 1 where an alert is open. */
  readonly inAlarm: Uint8Array
}

export interface TepResult {
  readonly selfTest: Reference['selfTest']
  readonly detrend: number
  /** The bar on the decades that the calibration on `d00` gives the budget. */
  readonly bar: number
  readonly normal: Watched
  readonly faults: readonly { readonly name: string; readonly run: Watched }[]
}

/** Fits on d00 and replays the other runs, each by itself. Only the lengths differ from the defaults: 500 rows are few. */
export const watchTep = ({ normal, normalTest, faults }: TepRuns, done: (runs: number) => void): Promise<TepResult> =>
  inFolder(async (folder) => {
    const d = normal.columns
    const config = monitorIn(folder, d, {
      window: { size: 16, hop: 4 },
      alerting: { falseAlarmsPerDay: BUDGET, rowsPerDay: ROWS_PER_DAY },
    })
    const { selfTest, detrend, calibration } = await fitRows(config, folder, normal.values, d)
    // The rows before a run settle the slow mean, as they do in a live stream: none of them counts.
    const warmUp = warmUpRows(detrend)
    const before = normal.values.subarray(normal.values.length - warmUp * d)
    const watch = async (run: Matrix): Promise<Watched> => {
      const { record, drift, events } = await rowScores(config, folder, Float64Array.from([...before, ...run.values]), d)
      const flags = flaggedRows(
        events.map(({ data }) => data),
        warmUp + run.rows,
      )
      return { record: from(warmUp, record), drift: from(warmUp, drift), inAlarm: flags.subarray(warmUp) }
    }
    const normalRun = await watch(normalTest)
    done(1)
    const watched: { name: string; run: Watched }[] = []
    for (const { name, run } of faults) {
      watched.push({ name, run: await watch(run) })
      done(1 + watched.length)
    }
    return { selfTest, detrend, bar: barFor(calibration, BUDGET, true).bar, normal: normalRun, faults: watched }
  })

const from = (row: number, { a, own }: RowScores['record']): RowScores['record'] => ({
  a: a.subarray(row),
  own: new Map([...own].map(([name, scores]) => [name, scores.subarray(row)])),
})
