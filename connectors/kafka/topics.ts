import { closest, distance } from 'fastest-levenshtein'
import kafkajs, { type Admin } from 'kafkajs'

/**
 * Checks that topics exist, without creating any.
 * @returns the number of partitions of each
 * Throws an `Error` that names what is missing and the topic that it may have meant.
 */
export async function requireTopics(admin: Admin, topics: readonly string[], brokers: readonly string[]): Promise<Map<string, number>> {
  const existing = await admin.listTopics()
  const missing = topics.filter((topic) => !existing.includes(topic))
  if (missing.length > 0) throw noSuchTopic(missing, existing, brokers)
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] })
  return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]))
}

/** What brokers hold a record batch to unless they are told otherwise. */
const defaultMaxMessageBytes = 1_048_588

/** The largest record batch that a topic takes; Kafka's default where the user may not see it. */
export async function maxMessageBytes(admin: Admin, topic: string): Promise<number> {
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['max.message.bytes'] }
  const answer = await admin.describeConfigs({ resources: [resource], includeSynonyms: false }).catch(() => undefined)
  return Number(answer?.resources[0]?.configEntries[0]?.configValue ?? defaultMaxMessageBytes)
}

function noSuchTopic(missing: readonly string[], existing: readonly string[], brokers: readonly string[]): Error {
  const own = existing.filter((topic) => !topic.startsWith('__'))
  const guesses = missing.flatMap((topic) => similar(topic, own))
  const mend =
    guesses.length > 0
      ? `did you mean ${guesses.join(', ')}?`
      : `there ${own.length === 1 ? 'is one topic' : `are ${own.length} topics`}; create it, or correct its name`
  const subject = missing.length === 1 ? `topic ${missing[0]} does` : `topics ${missing.join(', ')} do`
  return new Error(`${subject} not exist at ${brokers.join(', ')} (or may not be described by this user): ${mend}`)
}

function similar(topic: string, existing: readonly string[]): string[] {
  if (existing.length === 0) return []
  const guess = closest(topic, existing)
  return distance(topic, guess) <= Math.max(2, topic.length / 3) ? [guess] : []
}
