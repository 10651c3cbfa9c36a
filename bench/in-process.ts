import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import type { AlertEvent } from '../alerts/event.js'
import { openGraph } from '../backbones/graph-runner.js'
import { openMatMul } from '../backbones/matmul.js'
import { openMoments } from '../backbones/moments.js'
import { fitInput } from '../cli/fit-input.js'
import { replaySource } from '../cli/replay.js'
import { parseConfig } from '../config/load.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { Graded } from '../pipelines/batch.js'
import type { Scales } from '../pipelines/calibrate.js'
import { referenceRows } from '../pipelines/reference-rows.js'
import { writeBundle } from '../references/bundle.js'
import { collectRows } from '../references/collect.js'
import { fitReference } from '../references/fit.js'
import type { Reference } from '../references/reference.js'
import { npyFile } from './npz.js'

const silent = pino({ level: 'silent' })
const FITTED = 'normal.npy'
const WATCHED = 'test.npy'
const BUNDLE = 'reference'

/** A temporary folder for as long as the work takes. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-eval-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A monitor of rows of d numbers in files of the folder; `settings` are those of its configuration that are not the default. */
export function monitorIn(folder: string, d: number, settings: Readonly<Record<string, unknown>>): MonitorConfig {
  const text = stringify({
    monitors: [
      {
        name: 'evaluation',
        source: { file: { path: join(folder, WATCHED) } },
        decode: { float64: {} },
        features: Array.from({ length: d }, (_, j) => `f${j}`),
        reference: { path: join(folder, BUNDLE), acceptRefused: true },
        sinks: [{ stdout: {} }],
        ...settings,
      },
    ],
  })
  const parsed = parseConfig(text, {})
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.config.monitors[0]
}

/** The shipped fit of a file of rows, and the bundle that it writes. Throws `FitRefused` for rows that cannot be a reference. */
export async function fitRows(config: MonitorConfig, folder: string, values: Float64Array, d: number): Promise<Reference> {
  const path = join(folder, FITTED)
  await writeFile(path, npyFile(values, d))
  const { sources, codec, features, description } = await fitInput(config, path, {}, { monitor: config.name, logger: silent })
  const { record, drift, rowsPerDay } = config.alerting
  const logic = { window: config.window, record, drift }
  const products = await openMatMul()
  try {
    const rows = await collectRows(referenceRows({ source: sources[0], codec, d }), d)
    const options = { features, detectors: config.detectors, shrinkage: config.shrinkage, logic, rowsPerDay, source: description }
    const reference = await fitReference(rows, options, { matmul: products.multiply, openGraph, openMoments })
    await writeBundle(join(folder, BUNDLE), reference)
    return reference
  } finally {
    await products.close()
  }
}

/** The shipped replay of a file of rows against the bundle; the columns that `onGraded` is shown are gone after it. */
export async function replayRows(
  config: MonitorConfig,
  folder: string,
  values: Float64Array,
  d: number,
  onGraded: (batch: Graded, scales: Scales) => void = () => undefined,
): Promise<AlertEvent[]> {
  await writeFile(join(folder, WATCHED), npyFile(values, d))
  const events: AlertEvent[] = []
  await replaySource(config, config.source.create({ monitor: config.name, logger: silent }), events, onGraded)
  return events
}
