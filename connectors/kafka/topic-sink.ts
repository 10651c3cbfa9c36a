import type { Logger } from 'pino'
import { z } from 'zod'
import type { Writer } from '../policies/writer.js'
import { SinkError } from '../sink.js'
import { connectionFields, probe } from './client.js'
import { compressions } from './compression.js'
import { sinkError } from './fault.js'
import { TopicWriter } from './topic-writer.js'
import { requireTopics } from './topics.js'

/** The options of every sink that writes to a topic; `what` is what it writes. */
export const topicSinkSchema = (what: string) =>
  z.strictObject({
    ...connectionFields,
    topic: z.string().min(1).describe(`Topic to write ${what} to; it must exist`),
    compression: z.enum(compressions).default('none').describe('How the records are packed'),
  })
type Options = z.output<ReturnType<typeof topicSinkSchema>>

/** A sink that writes to a topic, which must exist; `send` hands the messages of one item to the writer. */
export function topicSink<Item>(options: Options, logger: Logger, send: (item: Item, writer: TopicWriter) => Promise<void>): Writer<Item> {
  const { brokers, topic, compression } = options
  const writer = new TopicWriter(options, logger, compression)
  return {
    name: 'kafka',
    connect: async () => {
      await probe(options, logger, (admin) => requireTopics(admin, [topic], brokers))
      await writer.connect()
    },
    write: (item, signal) =>
      untilAborted(() => send(item, writer), signal).catch((error) => {
        throw sinkError(error, brokers, topic)
      }),
    close: () => writer.close(),
  }
}

/** kafkajs cannot take a request back: it goes on, unobserved, when the wait for it is given up. */
async function untilAborted(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const stopped = () => new SinkError('closed', true, 'the write was given up before the brokers answered')
  if (signal.aborted) throw stopped()
  return new Promise((resolve, reject) => {
    const abort = () => reject(stopped())
    signal.addEventListener('abort', abort, { once: true })
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
