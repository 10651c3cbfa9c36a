import { setMaxListeners } from 'node:events'
import { Command } from 'commander'
import type { MonitorConfig } from '../config/monitor.js'
import type { Config } from '../config/schema.js'
import { SinkError } from '../connectors/sink.js'
import type { Looker } from '../pipelines/looker.js'
import { Metrics } from '../pipelines/metrics.js'
import { ConnectError, type RunOptions, runMonitor } from '../pipelines/run.js'
import { Health } from '../telemetry/health.js'
import { createLogger } from '../telemetry/logger.js'
import { Readiness } from '../telemetry/readiness.js'
import { startTelemetryServer, type TelemetryServer, type TelemetryServerOptions } from '../telemetry/server.js'
import { configuration } from './configuration.js'
import { CommandError, unreachable } from './exit.js'
import type { Host } from './host.js'
import { livePage } from './live-page.js'
import { beginPaging, type Paging } from './paging.js'
import { prepareMonitor } from './prepare.js'
import { secretsOf } from './secrets.js'
import { type Shutdown, shutdownOnSignals } from './signals.js'
import { packageVersion } from './version.js'

export const command = (): Command =>
  new Command('run')
    .summary('watch the streams of a configuration')
    .description(
      'Runs every monitor of a configuration until it is stopped, or until its source ends. ' +
        'SIGTERM or Ctrl-C drains within shutdown.timeout, commits and exits 0; a second one exits at once.',
    )
    .argument('<config>', 'configuration file (YAML)')
    .addHelpText('after', '\nExamples:\n  $ driftwatch run driftwatch.yaml\n  $ curl -s localhost:9464/readyz')
    .action((file: string) => run(configuration(file), {}, file))

/** Looks on at a run. */
export interface Onlooker extends Looker {
  /** The server is up at this address; with the live page, if `page`. */
  serving?(address: string, page: boolean): void
}

/**
 * Runs all monitors of a configuration, and each anew when its reference is replaced. The first that fails ends the process: a
 * supervisor starts it anew from the last commit. `file`: where the configuration stands, for what reads it again.
 */
export async function run(config: Config, onlooker: Onlooker = {}, file?: string): Promise<void> {
  const logger = createLogger({ level: config.log.level, format: config.log.format, secrets: secretsOf(config) })
  const shutdown = shutdownOnSignals(config.shutdown.timeout)
  const metrics = new Metrics()
  metrics.build(packageVersion())
  const eventLoop = metrics.watchEventLoop()
  const health = new Health()
  let server: TelemetryServer | undefined
  let paging: Paging | undefined
  const page = await livePage(config, { health, file, heldBack: () => paging?.heldBack() ?? [] })
  try {
    const readiness = config.monitors.map(({ name }) => new Readiness(health.check(name)))
    paging = await beginPaging(config, health, metrics, logger)
    if (config.metrics.enabled) {
      const routes = [...paging.routes, ...(page?.routes ?? [])]
      server = await serve(config, { registry: metrics.registry, health, logger, routes })
      if (page !== undefined) logger.info({ address: `${addressOf(server)}/` }, 'serving the live page')
      if (page?.isOpen) logger.warn(`the live page shows all to who reaches ${config.metrics.host}; set page.token, with TLS in front`)
      onlooker.serving?.(addressOf(server), page !== undefined)
    }
    const host: Host = {
      logger,
      metrics,
      signals: shutdown,
      maxStreams: config.metrics.maxStreams,
      paging,
      file,
      lookers: (monitor) => [onlooker, ...(page === undefined ? [] : [page.looker(monitor)])],
      prepared: (monitor, prepared) => page?.prepared(monitor, prepared),
      show: (monitor) => page?.show(monitor),
    }
    const lives = await prepareAll(config, host, readiness)
    const faults: unknown[] = []
    // All of them are waited for: the others drain when one fails.
    const ends = lives.map((life, i) => runOne(config.monitors[i], life, readiness[i], host, shutdown))
    await Promise.all(ends.map((end) => end.catch((fault) => faults.push(fault))))
    if (faults.length > 0) throw faults[0]
    logger.info(shutdown.stop.aborted ? 'drained and stopped' : 'every source has ended')
  } finally {
    shutdown.dispose()
    paging?.close()
    eventLoop.close()
    page?.close()
    await server?.close()
  }
}

async function serve(config: Config, parts: Omit<TelemetryServerOptions, 'host' | 'port'>): Promise<TelemetryServer> {
  const server = await startTelemetryServer({ ...config.metrics, ...parts }).catch(unreachable)
  parts.logger.info({ address: addressOf(server) }, 'serving /metrics, /healthz and /readyz')
  return server
}

const addressOf = ({ host, port }: TelemetryServer): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

/** A monitor that is ready to run, until it ends or another reference is in the place of its own. */
interface Life {
  readonly monitor: RunOptions
  /** Aborted when it is to begin anew. */
  readonly renewed: AbortSignal
}

async function prepareLife(config: MonitorConfig, host: Host, readiness: Readiness): Promise<Life> {
  const renewal = new AbortController()
  const stop = AbortSignal.any([host.signals.stop, renewal.signal])
  setMaxListeners(0, stop)
  const monitor = await prepareMonitor(config, {
    ...host,
    signals: { ...host.signals, stop },
    renew: (version) => renewal.abort(version),
    trouble: (part, what) => readiness.trouble(part, what),
  })
  return { monitor, renewed: renewal.signal }
}

/** Prepares all monitors, or none: what was started for one is closed again when another cannot be. */
async function prepareAll(config: Config, host: Host, readiness: readonly Readiness[]): Promise<Life[]> {
  const settled = await Promise.allSettled(config.monitors.map((monitor, i) => prepareLife(monitor, host, readiness[i])))
  const faults = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  if (faults.length === 0) return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  await Promise.all(settled.map((one) => (one.status === 'fulfilled' ? closeScorer(one.value) : undefined)))
  const [first] = faults
  if (faults.length === 1 || !(first instanceof CommandError)) throw first
  throw new CommandError(first.reason, faults.map((fault) => (fault instanceof Error ? fault.message : String(fault))).join('\n'))
}

const closeScorer = async ({ monitor: { parts } }: Life): Promise<void> => {
  if (parts.judge.by === 'reference') await parts.judge.score.scorer.close()
}

async function runOne(config: MonitorConfig, first: Life, readiness: Readiness, host: Host, shutdown: Shutdown): Promise<void> {
  const { name } = config
  try {
    for (let life = first; ; life = await prepareLife(config, host, readiness)) {
      await runLife(life, readiness)
      if (!life.renewed.aborted || shutdown.stop.aborted) break
      readiness.down(`begins anew with reference ${life.renewed.reason}`)
    }
    readiness.ended()
  } catch (error) {
    readiness.down(error instanceof Error ? error.message : String(error))
    shutdown.begin()
    if (error instanceof ConnectError) unreachable(error)
    if (shutdown.giveUp.aborted)
      throw new CommandError('undrained', 'not drained within shutdown.timeout; what was unfinished is read again at the next start')
    if (error instanceof CommandError || isDefect(error)) throw error
    const mend = error instanceof SinkError ? '; mend it and start again: what was not delivered was not committed' : ''
    throw new CommandError('stopped', `monitor ${name}: ${error instanceof Error ? error.message : error}${mend}`, { cause: error })
  }
}

const runLife = ({ monitor }: Life, readiness: Readiness): Promise<void> =>
  runMonitor({
    ...monitor,
    connected: () => {
      monitor.connected()
      readiness.connected()
    },
  })

/** Errors that the language throws are ours; all others say what went wrong outside. */
const isDefect = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError
