import type { Logger } from 'pino'
import type { AlertEvent } from '../alerts/event.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { SinkConfig } from '../config/sink.js'
import type { ComponentContext, PageContext } from '../connectors/component.js'
import type { Page } from '../connectors/pager.js'
import { Notifier, type NotifierObserver } from '../connectors/paging/notifier.js'
import { routed } from '../connectors/paging/route.js'
import { policies, withPolicies } from '../connectors/policies/policies.js'
import { retry } from '../connectors/policies/retry.js'
import { type WriteObserver, wrap } from '../connectors/policies/writer.js'
import { type DeadLetter, type DeadLetterSink, type Sink, through } from '../connectors/sink.js'
import type { MonitorComponents } from '../pipelines/assemble.js'
import type { MonitorMetrics } from '../pipelines/monitor-metrics.js'
import type { PagingOfHost } from './host.js'

/** A sink that takes every alert by itself. */
type PlainSink = NonNullable<SinkConfig['sink']>

/**
 * The sinks of a monitor with what stands in front of them: policies, routes, and for what calls people also groups and silences.
 * @param instead a sink of another kind that is to take the place of one, without policies
 */
export function makeSinks(
  config: MonitorConfig,
  context: PageContext,
  metrics: MonitorMetrics,
  paging: PagingOfHost,
  instead: (sink: PlainSink) => Sink | undefined = () => undefined,
): Pick<MonitorComponents, 'required' | 'optional'> {
  const make = (entry: SinkConfig): Sink => {
    const { name, policies, required, route } = entry
    // What a sink misses that may miss events keeps nobody from working.
    const of = required ? context : { monitor: context.monitor, logger: context.logger }
    if (entry.sink === undefined) return makeNotifier(entry, context, of, metrics, paging)
    const transactional = instead(entry.sink)
    const sink = transactional ?? entry.sink.create(context)
    const written = transactional ?? withPolicies(sink, policies, observeWrites(name, metrics, of, eventShown))
    return routed(through(sink, { ...written, name }), route)
  }
  return {
    required: config.sinks.filter(({ required }) => required).map(make),
    optional: config.sinks.filter(({ required }) => !required).map(make),
  }
}

function makeNotifier(
  { name, pager, policies, route, grouping }: Extract<SinkConfig, { grouping: unknown }>,
  context: PageContext,
  of: ComponentContext,
  metrics: MonitorMetrics,
  paging: PagingOfHost,
): Sink {
  const written = withPolicies(pager.create(context), policies, observeWrites(name, metrics, of, pageShown))
  const counted = wrap({ ...written, name }, async (page: Page, signal) => {
    await written.write(page, signal)
    metrics.paged(name, page.transition)
  })
  const observer = observePages(name, metrics, context.logger)
  const { updates } = pager.component
  const notifier = new Notifier({ pager: counted, updates, monitor: context.monitor, route, grouping, hush: paging.hush, observer })
  metrics.paging(name, () => notifier.heldBack.length)
  paging.owing(`${context.monitor}/${name}`, () => notifier.heldBack)
  return notifier
}

function observePages(sink: string, metrics: MonitorMetrics, logger: Logger): NotifierObserver {
  return {
    suppressed: (why) => metrics.suppressed(sink, why),
    held: ({ why, text }, event) => logger.info({ sink, why, by: text, ...eventShown(event) }, 'page held back'),
    passed: (event) => logger.info({ sink, ...eventShown(event) }, 'an alert has ended whose page was held back; nobody was called'),
    lost: (event, error) => {
      metrics.lost(sink)
      logger.error({ sink, ...eventShown(event), error: message(error) }, 'a page that was held back was not delivered')
    },
    forgotten: (partition, error) =>
      logger.warn(
        { sink, ...partition, error: message(error) },
        'what was noted of open alerts cannot be read: the route alone says who was told of them',
      ),
  }
}

export const lettersWithRetry = (letters: DeadLetterSink, context: ComponentContext, metrics: MonitorMetrics): DeadLetterSink =>
  retry(letters, policies.parse({}).retry, observeWrites('dead-letters', metrics, context, lettersShown))

/** What a log line says of an item. */
const eventShown = ({ data: { alertId, stream, severity, transition } }: AlertEvent) => ({ alert: alertId, stream, severity, transition })
const pageShown = ({ key, transition, severity, events }: Page) => ({ page: key, alerts: events.length, severity, transition })
const lettersShown = (letters: readonly DeadLetter[]) => ({ letters: letters.length })

/** Counts what happens to the writes of a sink, and logs what is held up, and when the sink stops and starts taking writes. */
function observeWrites<Item>(
  sink: string,
  metrics: MonitorMetrics,
  { logger, trouble }: ComponentContext,
  shown: (item: Item) => object,
): WriteObserver<Item> {
  return {
    success: () => trouble?.(sink, undefined),
    failure: (error, delay, item) => {
      metrics.deliveryFailed(sink, error.reason)
      // That the breaker is open tells nothing of why.
      if (error.reason !== 'circuit_open') trouble?.(sink, delay === undefined ? undefined : error.message)
      const retryInMs = delay === undefined ? undefined : Math.round(delay)
      const line = { sink, reason: error.reason, ...shown(item), retryInMs, error: error.message }
      if (retryInMs === undefined) logger.warn(line, 'delivery failed for good')
      else logger[error.reason === 'circuit_open' ? 'debug' : 'warn'](line, 'delivery failed, will try again')
    },
    circuit: (state) => logger.warn({ sink }, state === 'open' ? 'sink is left alone for a while' : 'sink takes events again'),
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
