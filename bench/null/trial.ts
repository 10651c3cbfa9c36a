import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import type { AlertEvent } from '../../alerts/event.js'
import { openGraph } from '../../backbones/graph-runner.js'
import { openMatMul } from '../../backbones/matmul.js'
import { barFor } from '../../calibration/budget.js'
import type { CalibrationStatus } from '../../calibration/calibration.js'
import { warmUpRows } from '../../calibration/detrend.js'
import { fitInput } from '../../cli/fit-input.js'
import { replaySource } from '../../cli/replay.js'
import { parseConfig } from '../../config/load.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { referenceRows } from '../../pipelines/reference-rows.js'
import { writeBundle } from '../../references/bundle.js'
import { fitReference } from '../../references/fit.js'
import type { Reference } from '../../references/reference.js'
import { FitRefused, type RefusalReason } from '../../references/refusal.js'
import { collectRows } from '../../references/rows.js'
import { flaggedRows, openedAlerts } from '../episodes.js'
import { npyFile } from '../npz.js'
import type { Episodes, NullStream } from './stream.js'

/** A day of every stream. The unit cancels out: budget and realised rate are both per day. */
const ROWS_PER_DAY = 10_000

const modes = ['static', 'feedback'] as const
export type Mode = (typeof modes)[number]

/** What was realised of one budget. */
export interface Realised {
  readonly episodes: Episodes
  readonly status: CalibrationStatus
  /** Per mode: alerts opened over alerts allowed in the test's time, and the share of its rows with an alert open. */
  readonly modes: Readonly<Record<Mode, { readonly ratio: number; readonly inAlarm: number }>>
}

/** What became of one stream: no reference at all, one that the self-test refused, or one that was watched. */
export type Trial = Pick<NullStream, 'set' | 'kind'> &
  (
    | { readonly outcome: 'unfit'; readonly reason: RefusalReason }
    | { readonly outcome: 'refused' }
    | { readonly outcome: 'watched'; readonly detrend: number; readonly realised: readonly Realised[] }
  )

/** Fits a stream's reference and, where the self-test accepts it, replays the rows that come next at every budget, without and with feedback. */
export async function tryStream(stream: NullStream): Promise<Trial> {
  const { set, kind } = stream
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-null-'))
  try {
    const reference = await fitTo(stream, folder)
    if (!reference.selfTest.passed) return { set, kind, outcome: 'refused' }
    await writeBundle(join(folder, 'reference'), reference)
    const realised: Realised[] = []
    for (const episodes of stream.episodes) realised.push(await watch(stream, reference, folder, episodes))
    return { set, kind, outcome: 'watched', detrend: reference.detrend, realised }
  } catch (error) {
    if (!(error instanceof FitRefused)) throw error
    return { set, kind, outcome: 'unfit', reason: error.reason }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The shipped fit of an npy file, with every setting at its default. */
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
    return await fitReference(rows, options, { matmul: products.multiply, openGraph })
  } finally {
    await products.close()
  }
}

async function watch(stream: NullStream, reference: Reference, folder: string, episodes: Episodes): Promise<Realised> {
  const { calibration, selfTest, detrend } = reference
  const budget = episodes / calibration.spanDays
  const warmUp = warmUpRows(detrend)
  // The rows before the test settle the slow mean, as they did in the live stream: none of them is evaluated.
  const before = stream.reference.subarray(stream.reference.length - warmUp * stream.d)
  await writeFile(join(folder, 'test.npy'), npyFile(Float64Array.from([...before, ...stream.test]), stream.d))
  const rows = stream.test.length / stream.d
  const realise = async (mode: Mode) => {
    const config = monitorConfig(stream, folder, { falseAlarmsPerDay: budget, feedback: mode === 'feedback' })
    const events: AlertEvent[] = []
    await replaySource(config, config.source.create({ monitor: config.name, logger: silent }), events, () => undefined)
    const openings = events.map(({ data }) => data)
    const flagged = flaggedRows(openings, warmUp + rows).reduce((sum, flag) => sum + flag, 0)
    return { ratio: openedAlerts(openings) / ((budget * rows) / ROWS_PER_DAY), inAlarm: flagged / rows }
  }
  const { status } = barFor(calibration, budget, selfTest.passed)
  return { episodes, status, modes: { static: await realise('static'), feedback: await realise('feedback') } }
}

const silent = pino({ level: 'silent' })

function monitorConfig(
  { d }: NullStream,
  folder: string,
  alerting: { readonly falseAlarmsPerDay: number; readonly feedback: boolean },
): MonitorConfig {
  const text = stringify({
    monitors: [
      {
        name: 'null',
        source: { file: { path: join(folder, 'test.npy') } },
        decode: { float64: {} },
        features: Array.from({ length: d }, (_, j) => `f${j}`),
        reference: { path: join(folder, 'reference') },
        alerting: { ...alerting, rowsPerDay: ROWS_PER_DAY },
        sinks: [{ stdout: {} }],
      },
    ],
  })
  const parsed = parseConfig(text, {})
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.config.monitors[0]
}
