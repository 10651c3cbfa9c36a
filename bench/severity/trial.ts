import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import type { AlertEvent } from '../../alerts/event.js'
import { bundlePath } from '../../cli/bundle-path.js'
import { fitFrom } from '../../cli/fit.js'
import { fitInput } from '../../cli/fit-input.js'
import { replaySource } from '../../cli/replay.js'
import { parseConfig } from '../../config/load.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { writeBundle } from '../../references/bundle.js'
import { npyFile } from '../npz.js'
import type { NullStream } from '../null/stream.js'
import { FAULT_ROWS, type Fault, faults, NORMAL_ROWS, type Size, STREAM_ROWS, sizes } from './faults.js'

/** The highest severity score that was raised while a fault lasted. */
export interface Peak {
  readonly kind: string
  readonly size: Size
  /** Index of the clean stream, whose reference it was. */
  readonly system: number
  /** `NOTHING` when nothing was raised. */
  readonly score: number
}

/** Below every score. */
export const NOTHING = -1

const ROWS_PER_DAY = 10_000
/** Streams of every fault and size, on different rows. */
const REPEATS = 3
/** As little as leaves the calibration OK on the reference. */
const ALERTS_IN_REFERENCE = 8

/** Fits a reference to a clean stream, and replays all faults of all sizes over the rows that come next, each as a stream of its own. */
export async function injectAll(clean: NullStream, system: number): Promise<Peak[]> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-severity-'))
  try {
    const config = monitorConfig(clean, folder)
    const normal = join(folder, 'normal.npy')
    await writeFile(normal, npyFile(clean.reference, clean.d))
    const input = await fitInput(config, normal, {}, { monitor: config.name, logger: silent })
    await writeBundle(bundlePath(config), await fitFrom(config, input))
    await writeFile(join(folder, 'faults.csv'), faultyStreams(clean))
    const events: AlertEvent[] = []
    await replaySource(config, config.source.create({ monitor: config.name, logger: silent }), events, () => undefined)
    return injections.map(({ fault, size }, i) => ({ kind: fault.kind, size, system, score: peakOf(events, i) }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const silent = pino({ level: 'silent' })

interface Injection {
  readonly fault: Fault
  readonly size: Size
}

const injections: readonly Injection[] = faults.flatMap((fault) =>
  sizes.flatMap((size) => Array.from({ length: REPEATS }, () => ({ fault, size }))),
)

/** Of stream i, from the beginning of its fault on. */
function peakOf(events: readonly AlertEvent[], i: number): number {
  const [from, to] = [i * STREAM_ROWS + NORMAL_ROWS, (i + 1) * STREAM_ROWS]
  return events.reduce((peak, { data }) => {
    const during = (data.kind === 'record' || data.kind === 'drift') && data.origin.offset >= from && data.origin.offset < to
    return during && data.transition !== 'resolved' ? Math.max(peak, data.evidence.severityScore) : peak
  }, NOTHING)
}

function faultyStreams({ d, reference, test }: NullStream): string {
  const { mean, deviation } = scales(reference, d)
  const rowAt = (rows: Float64Array, t: number) => rows.subarray(t * d, (t + 1) * d).map((value, j) => (value - mean[j]) / deviation[j])
  const lines = injections.flatMap(({ fault, size }, i) =>
    Array.from({ length: STREAM_ROWS }, (_, t) => {
      const row = rowAt(test, i * STREAM_ROWS + t)
      const during = t - NORMAL_ROWS
      if (size > 0 && during >= 0) fault.inject(row, fault.amounts[size - 1], during, rowAt(reference, i * FAULT_ROWS + during))
      const time = new Date(Date.UTC(2026, 0, 1) + Math.round((t * 86_400_000) / ROWS_PER_DAY)).toISOString()
      return [`s${i}`, time, ...row.map((value, j) => mean[j] + deviation[j] * value)].join(',')
    }),
  )
  return [['stream', 'time', ...names(d)].join(','), ...lines, ''].join('\n')
}

const names = (d: number): string[] => Array.from({ length: d }, (_, j) => `f${j}`)

function scales(rows: Float64Array, d: number): { readonly mean: Float64Array; readonly deviation: Float64Array } {
  const n = rows.length / d
  const [mean, square] = [new Float64Array(d), new Float64Array(d)]
  rows.forEach((value, i) => {
    mean[i % d] += value / n
  })
  rows.forEach((value, i) => {
    square[i % d] += (value - mean[i % d]) ** 2 / n
  })
  return { mean, deviation: square.map(Math.sqrt) }
}

function monitorConfig({ d, reference }: NullStream, folder: string): MonitorConfig {
  const text = stringify({
    monitors: [
      {
        name: 'severity',
        source: { file: { path: join(folder, 'faults.csv') } },
        features: names(d),
        decode: { csv: { features: names(d), stream: 'stream', time: 'time' } },
        reference: { path: join(folder, 'reference') },
        alerting: { falseAlarmsPerDay: (ALERTS_IN_REFERENCE * ROWS_PER_DAY * d) / reference.length, rowsPerDay: ROWS_PER_DAY },
        sinks: [{ stdout: {} }],
      },
    ],
  })
  const parsed = parseConfig(text, {})
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.config.monitors[0]
}
