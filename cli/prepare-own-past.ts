import type { MonitorConfig } from '../config/monitor.js'
import type { PageContext } from '../connectors/component.js'
import { plainMap } from '../kinds/feature-map.js'
import { assembleOwnPast, OWN_PAST, type OwnPastSettings, ownPastMeasures, ownPastVersion } from '../pipelines/assemble-own-past.js'
import type { RunOptions } from '../pipelines/run.js'
import { Versions } from '../pipelines/versions.js'
import { CommandError } from './exit.js'
import { type Connect, type Host, makeCodec, makeOnlookers, readyToRun, settingsOf } from './host.js'
import { headerColumns, kindOf } from './own-file.js'
import { rebaselinesOf } from './rebaseline/asked.js'

/** How a monitor without a reference watches; undefined for one that has a reference. @throws CommandError when nothing names the features */
export async function ownPastSettings(config: MonitorConfig): Promise<OwnPastSettings | undefined> {
  const { name, reference, alerting, decode } = config
  const { ownPast } = reference
  if (ownPast === undefined) return undefined
  const features =
    config.features ?? kindOf(decode).featureNames(decode.options, { columns: await headerColumns(config), sample: undefined })
  if (features === undefined)
    throw new CommandError('usage', `monitor ${name}: nothing tells what the features are called; list them under \`features\``)
  const { rowsPerDay, record } = alerting
  if (rowsPerDay === undefined) throw new Error('a monitor without a reference and without alerting.rowsPerDay')
  return { ...ownPast, features, rowsPerDay, record }
}

/** Makes the parts of a monitor without a reference. Nothing is connected yet. */
export async function prepareOwnPast(
  config: MonitorConfig,
  own: OwnPastSettings,
  context: PageContext,
  host: Host,
  connect: Connect,
): Promise<RunOptions> {
  const { logger } = context
  const codec = await makeCodec(config, plainMap(own.features), context)
  const sinks = [...config.sinks.map((sink) => sink.name), 'dead-letters']
  const metrics = host.metrics.forMonitor(config.name, { detectors: [OWN_PAST], sinks, maxStreams: host.maxStreams })
  const rebaselines = rebaselinesOf(config, undefined, host, metrics, logger)
  const versions = new Versions({ reference: ownPastVersion(own), configuration: config.version })
  const changes = () => versions.changes()
  const { control, ...connections } = connect(config, { ...context, changes }, metrics, rebaselines, host.paging)
  const components = { codec, versions, ...connections }
  const settings = settingsOf(config, control)
  const watched = {
    detectors: { record: [OWN_PAST], drift: [] },
    measures: ownPastMeasures(own),
    rowsPerDay: own.rowsPerDay,
    recordsNeeded: own.probation,
  }
  const parts = assembleOwnPast(settings, own, components, makeOnlookers(config, watched, metrics, logger, host), host.signals)
  host.prepared?.(config, { ...watched, parts, reference: undefined, provider: 'cpu' })
  const { bar } = parts.grade
  metrics.setup.reference(ownPastVersion(own), bar, {})
  metrics.setup.config(config.version)
  logger.info({ reference: ownPastVersion(own) }, bar.sentence)
  return readyToRun(parts, components, control, logger, rebaselines)
}
