import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import type { AlertEvent } from '../alerts/event.js'
import { openGraph } from '../backbones/graph-runner.js'
import { openMatMul } from '../backbones/matmul.js'
import { openMoments } from '../backbones/moments.js'
import { alarmLogicOf } from '../cli/alarm-logic.js'
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
const FITTED = 'normal'
const WATCHED = 'test'
const BUNDLE = 'reference'

/**
 * Rows in the order of time are one stream, in an npy file. Rows in an order of chance are cut into streams, in a csv file: too short
 * for the fit to find a slow mean in what is only chance.
 */
export type Order = 'time' | 'chance'
const STREAM_ROWS = 256
const extensions: Readonly<Record<Order, string>> = { time: 'npy', chance: 'csv' }
const STREAM = 'stream'
const orderOf = ({ decode }: MonitorConfig): Order => (decode.type === 'csv' ? 'chance' : 'time')

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
export function monitorIn(folder: string, d: number, settings: Readonly<Record<string, unknown>>, order: Order = 'time'): MonitorConfig {
  const text = stringify({
    monitors: [
      {
        name: 'evaluation',
        source: { file: { path: pathOf(folder, WATCHED, order) } },
        decode: order === 'time' ? { float64: {} } : { csv: { stream: STREAM } },
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
  const path = pathOf(folder, FITTED, orderOf(config))
  await writeFile(path, rowFile(values, d, orderOf(config)))
  const { sources, codec, map, description } = await fitInput(config, path, {}, { monitor: config.name, logger: silent })
  const { rowsPerDay } = config.alerting
  const logic = alarmLogicOf(config)
  const products = await openMatMul()
  try {
    const rows = await collectRows(referenceRows({ source: sources[0], codec, d }), d)
    const options = {
      features: map.columns,
      detectors: config.detectors,
      shrinkage: config.shrinkage,
      logic,
      rowsPerDay,
      source: description,
    }
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
  await writeFile(pathOf(folder, WATCHED, orderOf(config)), rowFile(values, d, orderOf(config)))
  const events: AlertEvent[] = []
  await replaySource(config, config.source.create({ monitor: config.name, logger: silent }), events, onGraded)
  return events
}

const pathOf = (folder: string, name: string, order: Order): string => join(folder, `${name}.${extensions[order]}`)

function rowFile(values: Float64Array, d: number, order: Order): Buffer | string {
  if (order === 'time') return npyFile(values, d)
  const rows = Array.from({ length: values.length / d }, (_, row) =>
    [Math.floor(row / STREAM_ROWS), ...values.subarray(row * d, (row + 1) * d)].join(','),
  )
  return `${[[STREAM, ...Array.from({ length: d }, (_, j) => `f${j}`)].join(','), ...rows].join('\n')}\n`
}
