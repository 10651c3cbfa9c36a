import type { Logger } from 'pino'
import type { MonitorConfig } from '../config/monitor.js'
import type { Codec } from '../connectors/codec.js'
import { encoded } from '../connectors/codecs/encoded.js'
import type { ComponentContext, PageContext } from '../connectors/component.js'
import { nameForOf } from '../connectors/control.js'
import type { HushOf } from '../connectors/paging/hush.js'
import type { WantedSilence } from '../connectors/paging/silences.js'
import type { FeatureMap } from '../kinds/feature-map.js'
import type { Prepared } from '../live/subject.js'
import type { MonitorComponents, MonitorSettings, Onlookers, StopSignals } from '../pipelines/assemble.js'
import type { Control } from '../pipelines/control.js'
import type { HeatmapFiles, HeatmapsOptions } from '../pipelines/heatmaps.js'
import { joined, type Looker } from '../pipelines/looker.js'
import type { Metrics } from '../pipelines/metrics.js'
import type { MonitorParts } from '../pipelines/monitor.js'
import type { MonitorMetrics } from '../pipelines/monitor-metrics.js'
import { Observer, type ObserverOptions } from '../pipelines/observe.js'
import type { RunOptions } from '../pipelines/run.js'
import { CommandError } from './exit.js'
import { headerColumns } from './own-file.js'
import type { Rebaselines } from './rebaseline/requests.js'

/** What all monitors of a process share. */
export interface Host {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly signals: StopSignals
  /** Streams with metric series of their own; all further ones count as "other". */
  readonly maxStreams: number
  /** Who looks on at a monitor, beside its metrics. */
  lookers?(config: MonitorConfig): readonly Looker[]
  /** A monitor's parts are made: it is about to run, for the first time or anew. */
  prepared?(config: MonitorConfig, prepared: Prepared): void
  /** Takes the pictures of a monitor that alerts name, where people may see them. */
  show?(config: MonitorConfig): HeatmapsOptions['show']
  /** The configuration file, where there is one. */
  readonly file?: string | undefined
  /** Another reference is in the place of the one that the monitor reads: it is to drain, and to begin anew with that. */
  renew?(version: string): void
  readonly paging: PagingOfHost
  /** A part of the monitor cannot work at present, and why; undefined: it works again. */
  trouble?(part: string, what: string | undefined): void
}

/** What holds pages back, and who takes in what control messages say of that. */
export interface PagingOfHost {
  readonly hush: HushOf
  /** @throws TooManySilences */
  hear(id: string, silence: WantedSilence): void
}

/** Nothing holds anything back. */
export const loud: PagingOfHost = { hush: () => undefined, hear: () => undefined }

/** What a monitor is connected to. */
export type Connections = Pick<MonitorComponents, 'source' | 'required' | 'optional' | 'deadLetters' | 'store' | 'inTurn'> & {
  readonly control?: Control | undefined
  /** Where heatmaps are written; undefined: they are named only. */
  readonly heatmapFiles?: HeatmapFiles | undefined
}
export type Connect = (
  config: MonitorConfig,
  context: PageContext,
  metrics: MonitorMetrics,
  rebaselines: Rebaselines,
  paging: PagingOfHost,
) => Connections

/** The monitor's codec: from its messages to the columns of the model. */
export async function makeCodec(config: MonitorConfig, map: FeatureMap, context: ComponentContext): Promise<Codec> {
  const columns = await headerColumns(config)
  try {
    const { features, mayMiss } = map
    return encoded(config.decode.create({ ...context, features, mayMiss, columns, maxMessageBytes: config.limits.messageBytes }), map)
  } catch (error) {
    throw new CommandError('reference', `monitor ${config.name}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

/** What an observer must know of how records are judged. */
export type Watched = Pick<ObserverOptions, 'detectors' | 'measures' | 'owners' | 'rowsPerDay' | 'recordsNeeded'>

export function makeOnlookers(config: MonitorConfig, watched: Watched, metrics: MonitorMetrics, logger: Logger, host: Host): Onlookers {
  const observer = new Observer({
    ...watched,
    metrics,
    logger,
    credits: { records: config.limits.inFlightRecords, bytes: config.limits.inFlightBytes },
    budgetPerDay: config.alerting.falseAlarmsPerDay,
  })
  return joined(observer, host.lookers?.(config) ?? [])
}

/** The configuration as a pipeline takes it, with the deploys that its control tells of. */
export const settingsOf = (config: MonitorConfig, control: Control | undefined): MonitorSettings => ({
  ...config,
  deploys: control && { known: control.deploys, nameFor: nameForOf(config.control?.options) },
})

/** A monitor that is ready to run. */
export const readyToRun = (
  parts: MonitorParts,
  { required, optional, deadLetters }: Pick<MonitorComponents, 'required' | 'optional' | 'deadLetters'>,
  control: Control | undefined,
  logger: Logger,
  rebaselines: Rebaselines,
): RunOptions => ({
  parts,
  sinks: [...required, ...optional],
  deadLetters,
  control,
  connected: () => {
    logger.info('watching')
    rebaselines.begin()
  },
})
