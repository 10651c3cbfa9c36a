import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import { silencesRoute } from '../connectors/paging/admin.js'
import { Heartbeat } from '../connectors/paging/heartbeat.js'
import { hushBy } from '../connectors/paging/hush.js'
import { Silences } from '../connectors/paging/silences.js'
import type { Metrics } from '../pipelines/metrics.js'
import type { Health } from '../telemetry/health.js'
import type { Route } from '../telemetry/server.js'
import { unreachable } from './exit.js'
import type { PagingOfHost } from './host.js'

/** What the monitors of a process share of the way to people. */
export interface Paging extends PagingOfHost {
  /** Beside the metrics. */
  readonly routes: readonly Route[]
  close(): void
}

/** Reads the silences and begins the heartbeats. @throws CommandError when the silences of an earlier run cannot be read */
export async function beginPaging({ paging, admin }: Config, health: Health, metrics: Metrics, logger: Logger): Promise<Paging> {
  const silences = new Silences(paging.silences, admin && paging.silencesFile)
  await silences.load().catch(unreachable)
  metrics.watchSilences(() => silences.list().filter((silence) => silences.isActive(silence)).length)
  const beaten = paging.heartbeat.length > 0 ? metrics.watchHeartbeats() : undefined
  const heartbeats = paging.heartbeat.map(
    (options) =>
      new Heartbeat({
        ...options,
        ready: () => health.report().ready,
        beaten: (outcome, error) => {
          beaten?.(outcome)
          if (error !== undefined)
            logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'a heartbeat was not sent')
        },
      }),
  )
  return {
    hush: hushBy(silences, paging.quietHours),
    hear: (id, silence) => silences.hear(id, silence),
    routes:
      admin === undefined
        ? []
        : [
            silencesRoute({
              silences,
              token: admin.token,
              changed: (what, { id, match, until, comment }) =>
                logger.info({ silence: id, match, until: new Date(until).toISOString(), comment }, `silence ${what}`),
            }),
          ],
    close: () => {
      for (const heartbeat of heartbeats) heartbeat.close()
    },
  }
}
