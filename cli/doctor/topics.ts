import kafkajs, { type Admin } from 'kafkajs'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { ComponentContext } from '../../connectors/component.js'
import { type Connection, probe } from '../../connectors/kafka/client.js'
import { faultOf } from '../../connectors/kafka/fault.js'
import { kafkaState } from '../../connectors/kafka/state-store.js'
import { requireTopics } from '../../connectors/kafka/topics.js'
import type { KafkaSourceOptions } from '../chosen-options.js'
import { connectOnce } from './connect.js'
import { fail, ok, type Verdict, warn } from './finding.js'

type TopicOptions = Connection & { readonly topic: string }

/** The topics that a monitor reads: they must be there, for a missing one is most likely misspelt. */
export async function inputTopics(options: KafkaSourceOptions, logger: Logger): Promise<Verdict> {
  const counts = await countPartitions(options, options.topics, logger)
  return ok(`${[...counts].map(([topic, count]) => described(topic, count)).join(', ')} at ${options.brokers.join(', ')}`)
}

/** A topic that a monitor writes alerts or dead letters to; made with the brokers' own defaults where it is missing and `create` is set. */
export async function outputTopic(options: TopicOptions, create: boolean, logger: Logger): Promise<Verdict> {
  const { topic, brokers } = options
  const created = create && (await probe(options, logger, (admin) => createMissing(admin, topic)))
  const counts = await countPartitions(options, [topic], logger)
  return ok(`${described(topic, counts.get(topic))} at ${brokers.join(', ')}${created ? '; created now' : ''}`)
}

/**
 * The compacted topic of a state store: the store itself makes it and checks that it is compacted. The state of input
 * partition p stands in its partition p, so it needs as many as the largest input topic has.
 */
export async function stateTopic(
  options: z.output<typeof kafkaState.schema>,
  source: KafkaSourceOptions | undefined,
  create: boolean,
  context: ComponentContext,
): Promise<Verdict> {
  const { topic, brokers } = options
  const { logger } = context
  const [inputs, exists] = await Promise.all([
    // Where the input cannot be asked, its own check says why.
    source === undefined ? undefined : countPartitions(source, source.topics, logger).catch(() => undefined),
    probe(options, logger, async (admin) => (await admin.listTopics()).includes(topic)),
  ])
  const needed = Math.max(1, ...(inputs?.values() ?? []))
  const partitions = Math.max(options.partitions, needed)
  if (!exists && !create && options.create) {
    return warn(
      `topic ${topic} does not exist yet at ${brokers.join(', ')}: the monitor makes it at its start`,
      'doctor --create makes it now',
    )
  }
  await connectOnce(kafkaState.create({ ...options, create, partitions }, context))
  const count = (await countPartitions(options, [topic], logger)).get(topic) ?? 0
  if (count < needed) {
    const grow = `kafka-topics.sh --alter --topic ${topic} --partitions ${needed}`
    return fail(`${described(topic, count)}, but an input topic has ${needed}`, `add partitions: ${grow}`)
  }
  return ok(`${described(topic, count)}, compacted, at ${brokers.join(', ')}${exists ? '' : '; created now'}`)
}

const countPartitions = (options: Connection, topics: readonly string[], logger: Logger): Promise<Map<string, number>> =>
  probe(options, logger, (admin) => requireTopics(admin, topics, options.brokers))

const described = (topic: string, count = 0): string => `topic ${topic} (${count} ${count === 1 ? 'partition' : 'partitions'})`

async function createMissing(admin: Admin, topic: string): Promise<boolean> {
  if ((await admin.listTopics()).includes(topic)) return false
  try {
    return await admin.createTopics({ topics: [{ topic, numPartitions: -1, replicationFactor: -1 }] })
  } catch (error) {
    const cause = error instanceof kafkajs.KafkaJSAggregateError ? error.errors[0] : error
    throw new Error(`topic ${topic}: cannot be created: ${faultOf(cause).message}; create it yourself, or give this user the right to`, {
      cause: error,
    })
  }
}
