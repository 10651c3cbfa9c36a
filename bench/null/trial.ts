import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import type { AlertEvent } from '../../alerts/event.js'
import { openGraph } from '../../backbones/graph-runner.js'
import { openMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import { barFor } from '../../calibration/budget.js'
import type { CalibrationStatus } from '../../calibration/calibration.js'
import { warmUpRows } from '../../calibration/detrend.js'
import { fitInput } from '../../cli/fit-input.js'
import { replaySource } from '../../cli/replay.js'
import { parseConfig } from '../../config/load.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { referenceRows } from '../../pipelines/reference-rows.js'
import { writeBundle } from '../../references/bundle.js'
import { collectRows } from '../../references/collect.js'
import { fitReference } from '../../references/fit.js'
import type { Reference } from '../../references/reference.js'
import { FitRefused, type RefusalReason } from '../../references/refusal.js'
import { flaggedRows, openings } from '../episodes.js'
import { npyFile } from '../npz.js'
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
export async function tryStream(stream: NullStream): Promise<Trial> {
  const { set, kind, allowed } = stream
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-null-'))
  try {
    const reference = await fitTo(stream, folder)
    await writeBundle(join(folder, 'reference'), reference)
    return { set, kind, allowed, outcome: 'watched', ...(await watch(stream, reference, folder)) }
  } catch (error) {
    if (!(error instanceof FitRefused)) throw error
    return { set, kind, allowed, outcome: 'unfit', reason: error.reason }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The shipped fit of an npy file. */
async function fitTo(stream: NullStream, folder: string): Promise<Reference> {
  const path = join(folder, 'normal.npy')
  await writeFile(path, npyFile(stream.reference, stream.d))
  const config = monitorConfig(stream, folder, { falseAlarmsPerDay: 1, feedback: true })
  const { sources, codec, features, description } = await fitInput(config, path, {}, { monitor: config.name, logger: silent })
  const { record, drift, rowsPerDay } = config.alerting
  const logic = { window: config.window, record, drift }
  const products = await openMatMul()
  try {
    const rows = await collectRows(referenceRows({ source: sources[0], codec, d: stream.d }), stream.d)
    const options = { features, detectors: config.detectors, shrinkage: config.shrinkage, logic, rowsPerDay, source: description }
    return await fitReference(rows, options, { matmul: products.multiply, openGraph, openMoments })
  } finally {
    await products.close()
  }
}

async function watch(stream: NullStream, reference: Reference, folder: string): Promise<Outcome> {
  const { calibration, selfTest, detrend } = reference
  const budget = stream.allowed / calibration.spanDays
  const warmUp = warmUpRows(detrend)
  // The rows before the test settle the slow mean, as they do in a live stream: none of them is evaluated.
  const before = stream.reference.subarray(stream.reference.length - warmUp * stream.d)
  await writeFile(join(folder, 'test.npy'), npyFile(Float64Array.from([...before, ...stream.test]), stream.d))
  const rows = stream.test.length / stream.d
  const realise = async (feedback: boolean): Promise<Realised> => {
    const config = monitorConfig(stream, folder, { falseAlarmsPerDay: budget, feedback })
    const events: AlertEvent[] = []
    await replaySource(config, config.source.create({ monitor: config.name, logger: silent }), events, () => undefined)
    const said = events.map(({ data }) => data)
    const flagged = flaggedRows(said, warmUp + rows).reduce((sum, flag) => sum + flag, 0)
    return { ratio: openings(said).length / ((budget * rows) / ROWS_PER_DAY), inAlarm: flagged / rows }
  }
  const { status } = barFor(calibration, budget, true)
  return { accepted: selfTest.passed, status, realised: { static: await realise(false), feedback: await realise(true) } }
}

const silent = pino({ level: 'silent' })

/** Real series are short: so are their windows and gaps. The synthetic ones have the defaults. */
const SHORT = { window: { size: 16, hop: 4 }, record: { gap: 16 }, drift: { gap: 4 } }

function monitorConfig(
  { d, set }: NullStream,
  folder: string,
  alerting: { readonly falseAlarmsPerDay: number; readonly feedback: boolean },
): MonitorConfig {
  const synthetic = set.startsWith('synthetic')
  const text = stringify({
    monitors: [
      {
        name: 'null',
        source: { file: { path: join(folder, 'test.npy') } },
        decode: { float64: {} },
        features: Array.from({ length: d }, (_, j) => `f${j}`),
        reference: { path: join(folder, 'reference'), acceptRefused: true },
        ...(!synthetic && { window: SHORT.window }),
        alerting: { ...alerting, rowsPerDay: ROWS_PER_DAY, ...(!synthetic && { record: SHORT.record, drift: SHORT.drift }) },
        sinks: [{ stdout: {} }],
      },
    ],
  })
  const parsed = parseConfig(text, {})
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.config.monitors[0]
}
