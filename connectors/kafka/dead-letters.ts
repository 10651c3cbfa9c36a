import type { Message } from 'kafkajs'
import type { Logger } from 'pino'
import type { DeadLetterComponent } from '../component.js'
import type { DeadLetter } from '../sink.js'
import { faultOf, writeFault } from './fault.js'
import { inChunks, sizeOf } from './messages.js'
import { topicSink, topicSinkSchema } from './topic-sink.js'
import type { TopicWriter } from './topic-writer.js'

const schema = topicSinkSchema('dead letters')

/**
 * Writes each dead letter with its original key and value; why and whence are in headers (`driftwatch-reason`,
 * `-detail`, `-topic`, `-partition`, `-offset`, `-timestamp`). A letter that the topic does not accept for its size is written without
 * its value or key, the larger first, whose length is then in `driftwatch-omitted-bytes` or `driftwatch-omitted-key-bytes`: its origin
 * tells where it still stands.
 */
export const kafkaDeadLetters: DeadLetterComponent<typeof schema> = {
  type: 'kafka',
  title: 'A Kafka topic',
  schema,
  create: (options, { logger }) => {
    const log = logger.child({ topic: options.topic })
    return topicSink<readonly DeadLetter[]>(options, logger, async (letters, writer) => {
      for (const chunk of inChunks(letters.map(toMessage))) await send(writer, chunk, log)
    })
  },
}

/** In one request, or, where that is too large for the topic, one by one, each with what the topic takes of it. */
async function send(writer: TopicWriter, messages: Message[], log: Logger): Promise<void> {
  try {
    await writer.send(messages)
  } catch (error) {
    if (writeFault(error).reason !== 'too_large') throw error
    if (messages.length === 1) return sendShortened(writer, messages[0], log, error)
    for (const message of messages) await send(writer, [message], log)
  }
}

async function sendShortened(writer: TopicWriter, message: Message, log: Logger, error: unknown): Promise<void> {
  const shorter = shortened(message)
  if (shorter === undefined) throw error
  const bytes = sizeOf(message)
  log.warn(
    { bytes, error: faultOf(error).message },
    "dead letter written without its value or key: larger than the topic's max.message.bytes",
  )
  await send(writer, [shorter], log)
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

/** For a topic that does not take it for its size: the message without its value or its key, the larger; undefined when it has neither. */
export function shortened(message: Message): Message | undefined {
  const [value, key] = [message.value?.length ?? 0, message.key?.length ?? 0]
  if (value === 0 && key === 0) return undefined
  return value >= key
    ? { ...message, value: null, headers: { ...message.headers, 'driftwatch-omitted-bytes': String(value) } }
    : { ...message, key: null, headers: { ...message.headers, 'driftwatch-omitted-key-bytes': String(key) } }
}
