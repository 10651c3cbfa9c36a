import type { Logger } from 'pino'
import type { MonitorConfig } from '../config/monitor.js'
import { heatmapPrefix } from '../config/pictures.js'
import { HeatmapFolder } from '../connectors/pictures/heatmap-folder.js'
import { type HeatmapFiles, Heatmaps, type HeatmapsOptions } from '../pipelines/heatmaps.js'
import type { MonitorMetrics } from '../pipelines/monitor-metrics.js'
import type { Pictures } from '../pipelines/pictures.js'
import type { Reference } from '../references/reference.js'

/** Most ms that an alert waits for its heatmaps: one takes a twentieth of that. */
const PATIENCE = 2000

/** The folder that the configuration names, if it does. */
export function heatmapFolder({ pictures }: MonitorConfig): HeatmapFiles | undefined {
  const heatmaps = pictures?.heatmaps
  return heatmaps && new HeatmapFolder(heatmaps.folder, { files: heatmaps.maxFiles, bytes: heatmaps.maxBytes })
}

/** What links alerts to heatmaps and draws them (without `files` it only links); undefined where none are asked for, or can be had. */
export function heatmapsOf(
  { pictures: options, limits }: MonitorConfig,
  { backbone, version }: Reference,
  pictures: Pictures | undefined,
  files: HeatmapFiles | undefined,
  metrics: MonitorMetrics,
  logger: Logger,
  show: HeatmapsOptions['show'],
): Heatmaps | undefined {
  const heatmaps = options?.heatmaps
  if (heatmaps === undefined || pictures === undefined) return undefined
  const places = backbone?.places
  if (places === undefined) {
    logger.warn(
      { reference: version },
      'alerts have no heatmaps: the backbone has no map (`driftwatch backbone prepare … --map TAP`), or had none at fit (`driftwatch fit`)',
    )
    return undefined
  }
  metrics.drawing()
  return new Heatmaps({
    prefix: heatmapPrefix(heatmaps),
    overlay: heatmaps.overlay,
    attach: heatmaps.attach,
    files,
    pictures,
    places,
    memory: limits.inFlightBytes,
    patience: PATIENCE,
    show,
    told: (outcome, heatmap, detail) => {
      metrics.heatmap(outcome)
      if (outcome !== 'drawn') logger.warn({ heatmap, outcome, ...(detail !== undefined && { error: detail }) }, 'a heatmap was not drawn')
    },
  })
}
