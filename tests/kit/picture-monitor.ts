import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import type { AlertEvent } from '../../alerts/event.js'
import type { Prepared } from '../../backbones/model/prepare.js'
import { fitFrom } from '../../cli/fit.js'
import { fitInput } from '../../cli/fit-input.js'
import { heatmapFolder } from '../../cli/heatmaps.js'
import { type Connections, type Host, loud } from '../../cli/host.js'
import { prepareMonitor } from '../../cli/prepare.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { configSchema } from '../../config/schema.js'
import { type RawRecord, Records } from '../../connectors/records.js'
import type { DeadLetter } from '../../connectors/sink.js'
import type { Lease, SourceEvent } from '../../connectors/source.js'
import { memoryStore } from '../../connectors/stores/memory.js'
import { Metrics } from '../../pipelines/metrics.js'
import { runMonitor } from '../../pipelines/run.js'
import { writeBundle } from '../../references/bundle.js'
import type { Reference } from '../../references/reference.js'
import { silent } from '../contract/silent-logger.js'
import { waves } from './tiny-backbone.js'

export interface PictureMonitor {
  readonly config: MonitorConfig
  readonly reference: Reference
  /** The file of its backbone. */
  readonly backbone: string
}

/** A monitor of pictures in a folder: its backbone, and its reference fitted to 200 made-up pictures there. */
export async function pictureMonitor(folder: string, { bytes }: Prepared, changes: object = {}): Promise<PictureMonitor> {
  const normal = join(folder, 'normal')
  await mkdir(normal, { recursive: true })
  const backbone = join(folder, 'backbone.onnx')
  await writeFile(backbone, bytes)
  await Promise.all(Array.from({ length: 200 }, async (_, i) => writeFile(join(normal, `${1000 + i}.png`), await waves(i))))
  const config = configOf({
    name: 'belt',
    source: { folder: { path: normal } },
    decode: { image: {} },
    pictures: { backbone, batch: 4 },
    detectors: ['gaussian'],
    reference: { path: join(folder, 'reference') },
    alerting: { falseAlarmsPerDay: 1000 },
    sinks: [{ stdout: {} }],
    ...changes,
  })
  const reference = await fitFrom(config, await fitInput(config, undefined, {}, { monitor: config.name, logger: silent }))
  await writeBundle(join(folder, 'reference'), reference)
  return { config, reference, backbone }
}

export const configOf = (monitor: object): MonitorConfig => configSchema.parse({ monitors: [monitor] }).monitors[0]

/** What came of a run. */
export interface Told {
  readonly letters: DeadLetter[]
  readonly events: AlertEvent[]
  /** Heatmaps that came with their picture, for people. */
  readonly shown: string[]
  /** Offsets of the records that were scored, in the order in which they were. */
  readonly scored: number[]
  readonly committed: number[]
  /** The most records that were on loan, and how many still are. */
  readonly loan: { most: number; now: number }
  readonly log: string[]
  readonly metrics: Metrics
}

/** Runs the monitor over batches of pictures, one partition, to their end. `changes`: to what it is connected to. */
export async function watch(
  config: MonitorConfig,
  batches: readonly (readonly Buffer[])[],
  told = nothingTold(),
  changes: Partial<Connections> = {},
): Promise<Told> {
  const never = new AbortController().signal
  const nothing = async () => undefined
  const host: Host = {
    show: () => (name) => told.shown.push(name),
    logger: logTo(told.log),
    metrics: told.metrics,
    signals: { stop: never, giveUp: never },
    maxStreams: 0,
    paging: loud,
  }
  const run = await prepareMonitor(config, host, (_, context) => ({
    source: {
      connect: nothing,
      read: () => read(batches),
      commit: async ([{ offset }]) => void told.committed.push(offset),
      close: nothing,
    },
    required: [{ name: 'alerts', connect: nothing, write: async (event) => void told.events.push(event), close: nothing }],
    optional: [],
    deadLetters: { name: 'letters', connect: nothing, write: async (letters) => void told.letters.push(...letters), close: nothing },
    store: memoryStore.create({}, context),
    heatmapFiles: heatmapFolder(config),
    ...changes,
  }))
  const { bridge, watch: usual } = run.parts
  const onLoan = (records: number, bytes: number) => {
    told.loan.most = Math.max(told.loan.most, records)
    told.loan.now = records
    bridge.onLoan?.(records, bytes)
  }
  const decoded: typeof usual.decoded = (batch) => {
    told.scored.push(...batch.offsets.subarray(0, batch.n))
    usual.decoded(batch)
  }
  await runMonitor({ ...run, parts: { ...run.parts, bridge: { ...bridge, onLoan }, watch: { ...usual, decoded } } })
  return told
}

export const nothingTold = (): Told => ({
  letters: [],
  events: [],
  shown: [],
  scored: [],
  committed: [],
  loan: { most: 0, now: 0 },
  log: [],
  metrics: new Metrics(),
})

async function* read(batches: readonly (readonly Buffer[])[]): AsyncIterable<SourceEvent> {
  const lease: Lease = { topic: 'camera', partition: 0, revoked: false }
  let begin: (offset: number) => void = () => undefined
  const begun = new Promise<number>((resolve) => {
    begin = resolve
  })
  yield { kind: 'assigned', lease, committed: undefined, initial: 0, earliest: 0, end: batches.flat().length, begin }
  await begun
  let offset = 0
  for (const values of batches) {
    const records = values.map((value): RawRecord => ({ offset, timestamp: Date.UTC(2026, 0, 1) + 1000 * offset++, key: null, value }))
    yield { kind: 'batch', lease, records: Records.of(records), bytes: values.reduce((sum, { length }) => sum + length, 0), lag: 0 }
  }
}

const logTo = (log: string[]): Logger => pino({ level: 'warn' }, { write: (line: string) => void log.push(JSON.parse(line).msg) })
