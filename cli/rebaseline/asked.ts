import type { Logger } from 'pino'
import type { MonitorConfig } from '../../config/monitor.js'
import { mayRebaseline } from '../../connectors/control.js'
import { sources } from '../../connectors/registry.js'
import type { MonitorMetrics } from '../../pipelines/monitor-metrics.js'
import { carryOut } from './carry-out.js'
import { type Rebaselines, type Request, Requests } from './requests.js'

/** What the process gives to a monitor's rebaselines. */
interface Process {
  readonly file?: string | undefined
  readonly signals: { readonly stop: AbortSignal }
  renew?(version: string): void
}

/** What becomes of the rebaselines that messages ask of a monitor; `running`: the version of its reference, if it has one. */
export function rebaselinesOf(
  config: MonitorConfig,
  running: string | undefined,
  { file, signals, renew }: Process,
  metrics: MonitorMetrics,
  logger: Logger,
): Rebaselines {
  const refuse = (why: string): Rebaselines => ({
    ask: (request) => {
      metrics.rebaselined('refused')
      logger.warn({ ...shown(request), why }, 'rebaseline refused')
    },
    begin: () => undefined,
  })
  if (config.control !== undefined && !mayRebaseline(config.control.options))
    return refuse(`messages may not ask for it here; to allow it, set control.${config.control.type}.rebaseline to true`)
  if (running === undefined) return refuse('this monitor has no reference: it judges each stream by its own past')
  if (file === undefined || renew === undefined) return refuse('this process does not run a configuration file')
  if (sources.find(({ type }) => type === config.source.type)?.finite === undefined)
    return refuse(`a ${config.source.type} source cannot be read again from a time on; give \`driftwatch rebaseline\` a file of data`)
  const requests = new Requests({
    stop: signals.stop,
    carryOut: async (request, signal) => {
      const told = (step: Parameters<typeof metrics.rebaselined>[0], details: object) => {
        metrics.rebaselined(step)
        logger[step === 'refused' ? 'warn' : 'info']({ ...shown(request), step, ...details }, 'rebaseline step')
      }
      const replaced = (version: string) => {
        logger.info({ reference: version, before: running }, 'a new reference is in place; draining, to begin anew with it')
        renew(version)
      }
      await carryOut({ config, file, running, told, replaced }, request, signal)
      if (!signal.aborted) logger.debug(shown(request), 'rebaseline settled')
    },
    failed: (request, error, pause) => {
      metrics.rebaselined('failed')
      const reason = error instanceof Error ? error.message : String(error)
      logger.warn({ ...shown(request), error: reason, retryInMs: pause }, 'rebaseline failed, will try again')
    },
  })
  return {
    ask: (request) => {
      logger.info(shown(request), 'rebaseline asked for')
      requests.ask(request)
    },
    begin: () => requests.begin(),
  }
}

const shown = ({ from, to, reason, said }: Request) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
  reason,
  message: said.place,
})
