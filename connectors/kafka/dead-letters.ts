import type { Message } from 'kafkajs'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { DeadLetterComponent } from '../component.js'
import type { DeadLetter, DeadLetterSink } from '../sink.js'
import { connectionFields, probe } from './client.js'
import { compressions } from './compression.js'
import { faultOf, sinkError, writeFault } from './fault.js'
import { inChunks } from './messages.js'
import { TopicWriter, untilAborted } from './topic-writer.js'
import { requireTopics } from './topics.js'

const schema = z.strictObject({
  ...connectionFields,
  topic: z.string().min(1).describe('Topic to write dead letters to; it must exist'),
  compression: z.enum(compressions).default('none').describe('How the records are packed'),
})
type Options = z.output<typeof schema>

/**
 * Writes each dead letter with its original key and value; why and whence are in headers (`driftwatch-reason`,
 * `-detail`, `-topic`, `-partition`, `-offset`, `-timestamp`). A letter that the topic does not accept for its size is written without
 * its value, whose length is then in `driftwatch-omitted-bytes`: its origin tells where it still stands.
 */
export const kafkaDeadLetters: DeadLetterComponent<typeof schema> = {
  type: 'kafka',
  title: 'A Kafka topic',
  schema,
  create: (options, { logger }) => new KafkaDeadLetters(options, logger),
}

class KafkaDeadLetters implements DeadLetterSink {
  readonly name = 'kafka'
  readonly #writer: TopicWriter

  constructor(
    private readonly options: Options,
    private readonly logger: Logger,
  ) {
    this.#writer = new TopicWriter(options, logger, options.compression)
  }

  async connect(): Promise<void> {
    const { options, logger } = this
    await probe(options, logger, (admin) => requireTopics(admin, [options.topic], options.brokers))
    await this.#writer.connect()
  }

  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const all = async () => {
      for (const chunk of inChunks(letters.map(toMessage))) await this.#send(chunk)
    }
    await untilAborted(all, signal).catch((error) => {
      throw sinkError(error, this.options.brokers, this.options.topic)
    })
  }

  async close(): Promise<void> {
    await this.#writer.close()
  }

  async #send(messages: Message[]): Promise<void> {
    try {
      await this.#writer.send(messages)
    } catch (error) {
      if (writeFault(error).reason !== 'too_large') throw error
      await this.#sendTooLarge(messages, error)
    }
  }

  async #sendTooLarge(messages: Message[], error: unknown): Promise<void> {
    const [first] = messages
    if (messages.length > 1) {
      for (const message of messages) await this.#send([message])
    } else if (first?.value) {
      const { topic } = this.options
      this.logger.warn(
        { topic, bytes: first.value.length, error: faultOf(error).message },
        "dead letter written without its value: larger than the topic's max.message.bytes",
      )
      await this.#writer.send([withoutValue(first)])
    } else {
      throw error
    }
  }
}

export const toMessage = ({ origin, reason, detail, timestamp, key, value }: DeadLetter): Message => ({
  key,
  value,
  headers: {
    'driftwatch-reason': reason,
    'driftwatch-detail': detail,
    'driftwatch-topic': origin.topic,
    'driftwatch-partition': String(origin.partition),
    'driftwatch-offset': String(origin.offset),
    // Not as the letter's own time: the topic's retention would delete what is old, and brokers refuse what is far ahead.
    'driftwatch-timestamp': String(timestamp),
  },
})

/** For a topic that does not take the value for its size. */
export const withoutValue = (message: Message): Message => ({
  ...message,
  value: null,
  headers: { ...message.headers, 'driftwatch-omitted-bytes': String(message.value?.length ?? 0) },
})
