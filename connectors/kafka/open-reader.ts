import type { Logger } from 'pino'
import { type Connection, openKafka } from './client.js'
import { ColumnarFeed } from './columnar/feed.js'
import { Links } from './columnar/links.js'
import type { FetchOptions } from './fetch.js'
import { GroupReader, type GroupReaderOptions } from './group-reader.js'

/** A reader with the driver that the options name. Opens no connection yet, but reads the files that `tls` names. */
export async function openReader(
  options: Connection & FetchOptions,
  logger: Logger,
  group: Omit<GroupReaderOptions, 'logger' | 'openFeed' | keyof FetchOptions>,
): Promise<GroupReader> {
  const kafka = await openKafka(options, logger)
  const base = { ...options, ...group, logger }
  if (options.driver === 'kafkajs') return new GroupReader(kafka, base)
  const links = await Links.open(options, logger)
  return new GroupReader(kafka, { ...base, openFeed: (listener) => new ColumnarFeed(links, options, listener) })
}
