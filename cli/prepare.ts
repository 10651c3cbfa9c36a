import type { Logger } from 'pino'
import type { Scorer } from '../backbones/scorer.js'
import { slowMeanPrice, warmUpRows } from '../calibration/detrend.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { Codec } from '../connectors/codec.js'
import type { PageContext, Transactions } from '../connectors/component.js'
import { leastRecords } from '../detectors/window-shape.js'
import { mapOf, ownersOf } from '../kinds/feature-map.js'
import { disagreements, fittedOtherwise } from '../pipelines/agreement.js'
import { assemble, budgetBar, type MonitorComponents, type MonitorSettings, measuresOf } from '../pipelines/assemble.js'
import { fittedDetectors } from '../pipelines/fitted.js'
import type { MonitorMetrics } from '../pipelines/monitor-metrics.js'
import type { Pictures } from '../pipelines/pictures.js'
import type { RunOptions } from '../pipelines/run.js'
import { Versions } from '../pipelines/versions.js'
import { readBundle } from '../references/bundle.js'
import { purgePrice } from '../references/purge.js'
import type { Reference } from '../references/reference.js'
import { bundlePath } from './bundle-path.js'
import { listenOn, shared } from './control.js'
import { CommandError } from './exit.js'
import { heatmapFolder, heatmapsOf } from './heatmaps.js'
import {
  type Connect,
  type Connections,
  type Host,
  makeCodec,
  makeOnlookers,
  type PagingOfHost,
  readyToRun,
  settingsOf,
  type Watched,
} from './host.js'
import { backboneOf, checkedPictures } from './picture-backbone.js'
import { ownPastSettings, prepareOwnPast } from './prepare-own-past.js'
import { rebaselinesOf } from './rebaseline/asked.js'
import type { Rebaselines } from './rebaseline/requests.js'
import { startMonitorScorer } from './scoring.js'
import { lettersWithRetry, makeSinks } from './sinks.js'

/** The connections that the configuration names. */
const configured: Connect = (config, context, metrics, rebaselines, paging) => {
  const { source, deadLetters, state } = config
  const transactions = config.exactlyOnce ? source.component.transactions?.(source.options, context) : undefined
  if (transactions !== undefined) return transactional(config, context, metrics, rebaselines, paging, transactions)
  const letters = lettersWithRetry(deadLetters.create(context), context, metrics)
  return {
    source: source.create(context),
    ...makeSinks(config, context, metrics, paging),
    deadLetters: letters,
    store: state.create(context),
    heatmapFiles: heatmapFolder(config),
    control: listenOn(config, context, metrics, shared(letters), rebaselines, paging),
  }
}

/** What is of the source's type takes part in its transactions; what is not about a partition's records is written as it always is. */
const transactional = (
  config: MonitorConfig,
  context: PageContext,
  metrics: MonitorMetrics,
  rebaselines: Rebaselines,
  paging: PagingOfHost,
  { source, sink, deadLetters, store }: Transactions,
): Connections => ({
  source,
  ...makeSinks(config, context, metrics, paging, ({ type, options }) => (type === config.source.type ? sink(options) : undefined)),
  deadLetters: deadLetters(config.deadLetters.options),
  store: store(config.state.create(context), config.state.options),
  inTurn: true,
  heatmapFiles: heatmapFolder(config),
  control: listenOn(config, context, metrics, lettersWithRetry(config.deadLetters.create(context), context, metrics), rebaselines, paging),
})

/** Loads a monitor's reference, if it has one, refuses what does not fit it, and makes its parts. Nothing is connected yet. */
export async function prepareMonitor(config: MonitorConfig, host: Host, connect: Connect = configured): Promise<RunOptions> {
  const logger = host.logger.child({ monitor: config.name })
  const context: PageContext = {
    monitor: config.name,
    logger,
    trouble: (part, what) => host.trouble?.(part, what),
    configFile: host.file,
    links: config.links,
  }
  const own = await ownPastSettings(config)
  if (own !== undefined) return prepareOwnPast(config, own, context, host, connect)
  const reference = await loadReference(config)
  const codec = await makeCodec(config, mapOf(reference), context)
  const metrics = monitorMetrics(config, reference, host)
  const pictures = await picturesOf(config, reference, codec, logger, metrics)
  const scorer = await startMonitorScorer(config, reference, codec.dtype, (provider, message) =>
    logger.warn({ provider, message }, 'execution provider not available'),
  )
  metrics.setup.provider('scorer', scorer.provider, config.execution.providers[0])
  const rebaselines = rebaselinesOf(config, reference.version, host, metrics, logger)
  const versions = new Versions({ reference: reference.version, configuration: config.version })
  const { control, heatmapFiles, ...connections } = connect(
    config,
    { ...context, fitted: { ...reference.provenance, at: reference.fittedAt }, changes: () => versions.changes() },
    metrics,
    rebaselines,
    host.paging,
  )
  const heatmaps = heatmapsOf(config, reference, pictures, heatmapFiles, metrics, logger, host.show?.(config))
  const components: MonitorComponents = { codec, scorer, pictures, heatmaps, versions, ...connections }
  const settings = settingsOf(config, control)
  const watched = watchedBy(reference, settings)
  const parts = assemble(settings, reference, components, makeOnlookers(config, watched, metrics, logger, host), host.signals)
  host.prepared?.(config, { ...watched, parts, reference, provider: providerShown(scorer, pictures) })
  const { sentence, status } = parts.grade.bar
  const ownLimits = parts.grade.scales.own?.size ?? 0
  const providers = { provider: scorer.provider, ...(pictures && { backboneProvider: pictures.provider }) }
  logger[status === 'OK' ? 'info' : 'warn']({ reference: reference.version, ...providers, status, ownLimits }, sentence)
  for (const price of [slowMeanPrice(reference.detrend), purgePrice(reference.provenance)])
    if (price !== undefined) logger.info({ reference: reference.version }, price)
  const otherwise = fittedOtherwise(config.reference.unverified, reference)
  if (otherwise !== undefined) logger.warn({ reference: reference.version }, otherwise)
  return readyToRun(parts, components, control, logger, rebaselines)
}

const providerShown = (scorer: Scorer, pictures: Pictures | undefined): string =>
  pictures === undefined ? scorer.provider : `${scorer.provider}, backbone ${pictures.provider}`

/** The backbone of a monitor of pictures, started and checked against the reference; undefined for others. @throws CommandError */
async function picturesOf(
  config: MonitorConfig,
  reference: Reference,
  codec: Codec,
  logger: Logger,
  metrics: MonitorMetrics,
): Promise<Pictures | undefined> {
  const backbone = await backboneOf(config)
  if (backbone === undefined) return undefined
  const pictures = await checkedPictures(config, reference, backbone, codec, {
    unavailable: (provider, message) => logger.warn({ provider, message }, 'execution provider not available'),
    restarted: (part, message) => {
      metrics.setup.workerRestarted(part)
      logger.error({ part, message }, 'a worker has died or hangs; another takes its place')
    },
  })
  metrics.setup.embedding(pictures.provider, config.execution.providers[0])
  return pictures
}

/** Reads the bundle and checks that the configuration agrees with what it was calibrated with. @throws CommandError */
export async function loadReference(config: MonitorConfig): Promise<Reference> {
  const reference = await readBundle(bundlePath(config)).catch((error) => {
    throw new CommandError('reference', `monitor ${config.name}: ${error.message}`, { cause: error })
  })
  const { detectors, window, charts, adapt, alerting, features, kinds, pictures } = config
  const lines = disagreements(
    { detectors, window, charts, adapt, alerting, features, kinds, pictures, acceptRefused: config.reference.acceptRefused },
    reference,
  )
  if (lines.length > 0) throw new CommandError('reference', lines.map((line) => `monitor ${config.name}: ${line}`).join('\n'))
  return reference
}

function monitorMetrics(config: MonitorConfig, reference: Reference, host: Host): MonitorMetrics {
  const sinks = [...config.sinks.map(({ name }) => name), 'dead-letters']
  const metrics = host.metrics.forMonitor(config.name, { detectors: Object.keys(reference.detectors), sinks, maxStreams: host.maxStreams })
  metrics.setup.reference(reference.version, budgetBar(config, reference), {
    fittedAt: reference.fittedAt,
    rowsEnd: reference.provenance.to,
  })
  metrics.setup.config(config.version)
  return metrics
}

function watchedBy(reference: Reference, settings: MonitorSettings): Watched {
  const { record, drift } = fittedDetectors(reference)
  const name = ({ detector }: { readonly detector: { readonly name: string } }) => detector.name
  return {
    detectors: { record: record.map(name), drift: drift.map(name) },
    measures: measuresOf(settings, reference),
    rowsPerDay: reference.calibration.rowsPerDay,
    owners: ownersOf(mapOf(reference)),
    recordsNeeded: leastRecords(reference.logic.window) + warmUpRows(reference.detrend),
  }
}
