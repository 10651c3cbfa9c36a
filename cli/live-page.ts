import { fileURLToPath } from 'node:url'
import type { MonitorConfig } from '../config/monitor.js'
import type { Config } from '../config/schema.js'
import type { HeldPage } from '../connectors/paging/known.js'
import { readAssets } from '../live/assets.js'
import type { Collector } from '../live/collector.js'
import { Feed } from '../live/feed.js'
import { Guard } from '../live/guard.js'
import { Live } from '../live/live.js'
import { pageRoutes } from '../live/routes.js'
import { type Prepared, subjectOf } from '../live/subject.js'
import type { MonitorState } from '../live/view.js'
import type { HeatmapsOptions } from '../pipelines/heatmaps.js'
import type { Health } from '../telemetry/health.js'
import type { Route } from '../telemetry/server.js'
import { packageVersion } from './version.js'

/** Pages that are open at the same time, at most. */
const PAGES = 16
/** Records that are described in a second, at most, of each monitor: a thousandth of the processor's time. */
const DESCRIBED = 1000
/** Where `npm run build` puts the page: beside the folder of the command line. */
export const pageFolder = fileURLToPath(new URL('../page/', import.meta.url))

/** The live page of a process. */
export interface LivePage {
  readonly routes: readonly Route[]
  /** Whether other machines may reach the data without a token. */
  readonly isOpen: boolean
  looker(config: MonitorConfig): Collector
  prepared(config: MonitorConfig, prepared: Prepared): void
  /** What takes pictures of alerts; undefined where none may leave the process. */
  show(config: MonitorConfig): HeatmapsOptions['show']
  close(): void
}

/** What the page tells of the process. */
interface Told {
  readonly health: Health
  /** Where the configuration stands. */
  readonly file: string | undefined
  /** The pages that are owed now. */
  heldBack(): readonly HeldPage[]
}

/** The live page of a configuration; undefined where it is turned off. */
export async function livePage({ page, metrics }: Config, { health, file, heldBack }: Told): Promise<LivePage | undefined> {
  if (!page.enabled || !metrics.enabled) return undefined
  const live = new Live({
    version: packageVersion(),
    streams: page.streams,
    described: DESCRIBED,
    stateOf: (monitor) => stateOf(health, monitor),
    heldBack,
  })
  const feed = new Feed(live, PAGES)
  const guard = new Guard({ host: metrics.host, token: page.token?.reveal() })
  const looker = ({ name, limits }: MonitorConfig) => live.collector(name, limits.inFlightRecords)
  return {
    routes: pageRoutes({ live, feed, guard, assets: await readAssets(pageFolder) }),
    isOpen: guard.isOpen,
    looker,
    prepared: (config, prepared) => looker(config).begin(subjectOf(prepared, file)),
    show: (config) => (page.pictures ? (name, picture) => looker(config).gallery.add(name, picture) : undefined),
    close: () => feed.close(),
  }
}

/** As `/readyz` says it. A monitor that has ended has no check any more. */
function stateOf(health: Health, monitor: string): MonitorState {
  const { checks } = health.report()
  if (!Object.hasOwn(checks, monitor)) return { is: 'ended' }
  const { ready, detail } = checks[monitor]
  if (ready) return { is: 'watching' }
  return detail === 'starting' ? { is: 'starting' } : { is: 'troubled', why: detail }
}
