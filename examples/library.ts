/**
 * Driftwatch inside a program of your own: fits a reference, then watches a source and hands alerts to a sink written here.
 *
 *     npm run build && node dist/examples/library.js
 *
 * In a project of yours the second import reads: from 'driftwatch'
 */
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import {
  assemble,
  codecs,
  collectRows,
  defaultDetectors,
  fitReference,
  fittedDetectors,
  graphOf,
  Metrics,
  type MonitorSettings,
  measuresOf,
  Observer,
  openGraph,
  openMatMul,
  openMoments,
  type Reference,
  referenceRows,
  runMonitor,
  type Sink,
  type Source,
  sources,
  startScorer,
  stores,
} from '../index.js'

const name = 'services'
const logger = pino({ level: 'silent' })
const context = { monitor: name, logger }

const features = ['requests_per_s', 'latency_p50', 'latency_p95', 'error_rate', 'cpu', 'memory', 'queue_depth', 'gc_pause']
const logic = { window: { size: 64, hop: 16 }, record: { k: 1, n: 1, gap: 30 }, drift: { k: 1, n: 1, gap: 8 } }
const settings: MonitorSettings = {
  name,
  version: '1',
  alerting: { falseAlarmsPerDay: 1, feedback: true, relativeClearing: true, updateEvery: 6 * 3_600_000 },
  limits: { inFlightRecords: 16_384, inFlightBytes: 64 * 1024 ** 2, streams: 1000, knownStreams: 10_000, forgetAfter: 30 * 86_400_000 },
}

/** Components that ship, by their names in a configuration; anything with the contract's methods does as well. */
const generator = sources.find(({ type }) => type === 'generator')!
const json = codecs.find(({ type }) => type === 'json')!
const memory = stores.find(({ type }) => type === 'memory')!

const system = (options: object): Source => generator.create(generator.schema.parse({ rate: 0, ...options }), context)
const codec = json.create(json.schema.parse({ features, stream: 'service', time: 'ts' }), {
  ...context,
  features,
  columns: undefined,
  maxMessageBytes: 1_000_000,
})

/** What normal is: ten days without faults. */
async function learn(): Promise<Reference> {
  const { multiply, close } = await openMatMul()
  const rows = await collectRows(referenceRows({ source: system({ rows: 57_600 }), codec, d: features.length }), features.length)
  const options = { features, detectors: defaultDetectors, shrinkage: 'auto', logic, source: 'generator' } as const
  const reference = await fitReference(rows, options, { matmul: multiply, openGraph, openMoments })
  await close()
  return reference
}

/** Watches another two days, with a fault, to their end. */
async function watch(reference: Reference, sink: Sink): Promise<void> {
  const { record, drift } = fittedDetectors(reference)
  const graph = graphOf(reference, codec.dtype)
  const components = {
    source: system({
      start: '2026-01-11T00:00:00Z',
      seed: 2,
      rows: 11_520,
      faults: [{ kind: 'burst', stream: 'search', at: 6000, rows: 80 }],
    }),
    codec,
    scorer: await startScorer({ ...graph, d: features.length, providers: ['cpu'], threads: 1 }),
    required: [sink],
    optional: [],
    deadLetters: { name: 'nowhere', connect: async () => {}, write: async () => {}, close: async () => {} },
    store: memory.create({}, context),
  }
  const { falseAlarmsPerDay } = settings.alerting
  const observer = new Observer({
    metrics: new Metrics().forMonitor(name, { detectors: Object.keys(reference.detectors), sinks: [sink.name], maxStreams: 10 }),
    logger,
    credits: { records: settings.limits.inFlightRecords, bytes: settings.limits.inFlightBytes },
    detectors: { record: record.map(({ detector }) => detector.name), drift: drift.map(({ detector }) => detector.name) },
    budgetPerDay: falseAlarmsPerDay,
    measures: measuresOf(settings, reference),
    rowsPerDay: reference.calibration.rowsPerDay,
    recordsNeeded: logic.window.size,
  })
  // Abort `stop` to end it in order, and `giveUp` to end it although a sink does not answer.
  const signals = { stop: new AbortController().signal, giveUp: new AbortController().signal }
  const parts = assemble(settings, reference, components, observer, signals)
  await runMonitor({ parts, sinks: [sink], deadLetters: components.deadLetters, connected: () => undefined })
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const reference = await learn()
  print(`reference ${reference.version}: ${reference.provenance.rows} rows, ${reference.features.length} features`)
  const sink: Sink = {
    name: 'console',
    connect: async () => {},
    write: async ({ data }) => print(`${data.at}  ${data.severity.padEnd(8)}  ${data.transition.padEnd(9)}  ${data.summary}`),
    close: async () => {},
  }
  await watch(reference, sink)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
