import type { Logger } from 'pino'
import type { MonitorConfig } from '../config/monitor.js'
import type { ComponentContext } from '../connectors/component.js'
import { maySilence } from '../connectors/control.js'
import type { DeadLetterSink } from '../connectors/sink.js'
import { Control } from '../pipelines/control.js'
import type { ControlMessage } from '../pipelines/control-messages.js'
import type { MonitorMetrics } from '../pipelines/monitor-metrics.js'
import type { PagingOfHost } from './host.js'
import type { Rebaselines } from './rebaseline/requests.js'

const nothing = async (): Promise<void> => undefined

/** A sink that somebody else connects and closes. */
export const shared = (sink: DeadLetterSink): DeadLetterSink => ({
  name: sink.name,
  connect: nothing,
  write: (letters, signal) => sink.write(letters, signal),
  close: nothing,
})

/** A running monitor's ear for control messages, if it has one. */
export function listenOn(
  { control }: MonitorConfig,
  context: ComponentContext,
  metrics: MonitorMetrics,
  deadLetters: DeadLetterSink,
  rebaselines: Rebaselines,
  paging: PagingOfHost,
): Control | undefined {
  if (control === undefined) return undefined
  const { logger } = context
  const { past, news } = control.create({ monitor: context.monitor, logger })
  metrics.listening()
  return new Control({
    past: past(false),
    news,
    deadLetters,
    told: (message, said) => {
      metrics.controlled(message.type)
      if (message.type === 'deploy') {
        metrics.setup.deployed(message.deploy)
        const { at, version, streams } = message.deploy
        logger.info({ version, at: new Date(at).toISOString(), streams: streams?.length ?? 'all' }, 'deploy declared')
      } else if (message.type === 'silence') hearSilence(message, control.options, paging, logger)
      else if (message.monitor === context.monitor) rebaselines.ask({ ...message.collected, said })
    },
    refused: ({ origin, reason, detail }) => {
      metrics.controlled('invalid')
      logger.warn({ ...origin, reason, detail }, 'control message cannot be used')
    },
    buried: (letters) => {
      for (const { reason } of letters) metrics.deadLettered(reason)
    },
    troubled: (error) =>
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'control messages cannot be read, will try again'),
  })
}

function hearSilence(
  { id, silence }: Extract<ControlMessage, { type: 'silence' }>,
  options: unknown,
  { hear }: PagingOfHost,
  logger: Logger,
): void {
  const line = { silence: id, until: new Date(silence.until).toISOString(), comment: silence.comment }
  if (!maySilence(options)) {
    logger.warn(line, 'a control message asks for a silence, which the option `silences` of control does not allow')
    return
  }
  try {
    hear(id, silence)
    logger.info(line, 'silence heard')
  } catch (error) {
    logger.warn({ ...line, error: error instanceof Error ? error.message : String(error) }, 'silence not made')
  }
}

/** All control messages that there are, for a replay: nothing is written. */
export function readControl({ control }: MonitorConfig, context: ComponentContext): Control | undefined {
  if (control === undefined) return undefined
  const ignore = () => undefined
  const deadLetters = { name: 'replay', connect: nothing, write: nothing, close: nothing }
  const past = control.create(context).past(true)
  return new Control({ past, news: undefined, deadLetters, told: ignore, refused: ignore, buried: ignore, troubled: ignore })
}
