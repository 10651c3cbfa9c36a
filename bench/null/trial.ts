import { barFor } from '../../calibration/budget.js'
import type { CalibrationStatus } from '../../calibration/calibration.js'
import { warmUpRows } from '../../calibration/detrend.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { Reference } from '../../references/reference.js'
import { FitRefused, type RefusalReason } from '../../references/refusal.js'
import { flaggedRows, openings } from '../episodes.js'
import { fitRows, inFolder, monitorIn, replayRows } from '../in-process.js'
import type { NullStream } from './stream.js'

/** A day of every stream. The unit cancels out: budget and realised rate are both per day. */
const ROWS_PER_DAY = 10_000

const modes = ['static', 'feedback'] as const
export type Mode = (typeof modes)[number]

/** Alerts opened over alerts that the budget allows in the test's time, and the share of its rows with an alert open. */
export interface Realised {
  readonly ratio: number
  readonly inAlarm: number
}

/** What became of one stream: no reference at all, or one that was watched, whether the self-test accepted it or not. */
export type Trial = Pick<NullStream, 'set' | 'kind' | 'allowed'> &
  ({ readonly outcome: 'unfit'; readonly reason: RefusalReason } | ({ readonly outcome: 'watched' } & Outcome))

export interface Outcome {
  /** Whether the self-test accepted the reference; a user's `run` would refuse it otherwise. */
  readonly accepted: boolean
  readonly status: CalibrationStatus
  readonly realised: Readonly<Record<Mode, Realised>>
}

/** Fits a stream's reference and replays the rows that come next, without and with feedback. */
export const tryStream = (stream: NullStream): Promise<Trial> =>
  inFolder(async (folder) => {
    const { set, kind, allowed, d } = stream
    try {
      const config = monitorConfig(stream, folder, { falseAlarmsPerDay: 1, feedback: true })
      const reference = await fitRows(config, folder, stream.reference, d)
      return { set, kind, allowed, outcome: 'watched', ...(await watch(stream, reference, folder)) }
    } catch (error) {
      if (!(error instanceof FitRefused)) throw error
      return { set, kind, allowed, outcome: 'unfit', reason: error.reason }
    }
  })

async function watch(stream: NullStream, reference: Reference, folder: string): Promise<Outcome> {
  const { calibration, selfTest, detrend } = reference
  const budget = stream.allowed / calibration.spanDays
  const warmUp = warmUpRows(detrend)
  // The rows before the test settle the slow mean, as they do in a live stream: none of them is evaluated.
  const before = stream.reference.subarray(stream.reference.length - warmUp * stream.d)
  const values = Float64Array.from([...before, ...stream.test])
  const rows = stream.test.length / stream.d
  const realise = async (feedback: boolean): Promise<Realised> => {
    const config = monitorConfig(stream, folder, { falseAlarmsPerDay: budget, feedback })
    const events = await replayRows(config, folder, values, stream.d)
    const said = events.map(({ data }) => data)
    const flagged = flaggedRows(said, warmUp + rows).reduce((sum, flag) => sum + flag, 0)
    return { ratio: openings(said).length / ((budget * rows) / ROWS_PER_DAY), inAlarm: flagged / rows }
  }
  const { status } = barFor(calibration, budget, true)
  return { accepted: selfTest.passed, status, realised: { static: await realise(false), feedback: await realise(true) } }
}

/** Real series are short: so are their windows and gaps. The synthetic ones have the defaults. */
const SHORT = { window: { size: 16, hop: 4 }, record: { gap: 16 }, drift: { gap: 4 } }

function monitorConfig(
  { d, set }: NullStream,
  folder: string,
  alerting: { readonly falseAlarmsPerDay: number; readonly feedback: boolean },
): MonitorConfig {
  const synthetic = set.startsWith('synthetic')
  return monitorIn(folder, d, {
    ...(!synthetic && { window: SHORT.window }),
    alerting: { ...alerting, rowsPerDay: ROWS_PER_DAY, ...(!synthetic && { record: SHORT.record, drift: SHORT.drift }) },
  })
}
