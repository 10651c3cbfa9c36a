import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import kafkajs, { type Admin } from 'kafkajs'
import type { PartitionRef } from '../source.js'
import { isTransient } from './fault.js'

/** Where reading starts when nothing was committed: an end of the log, or the first record from a time (ms) on. */
export type Start = 'earliest' | 'latest' | number

/** Where a partition's reading may start and what the log holds of it. */
export interface Located extends PartitionRef {
  readonly committed: number | undefined
  readonly initial: number
  readonly earliest: number
  readonly end: number
}

/** Partitions by topic, as a group hands them out. */
export type Assignment = Readonly<Record<string, readonly number[]>>

/** Looks up committed, first and last offsets of the assigned partitions. */
export async function locate(admin: Admin, group: string, assignment: Assignment, start: Start): Promise<Located[]> {
  const topics = Object.keys(assignment)
  const committed = await committedOffsets(admin, group, topics)
  const located = topics.map(async (topic) => {
    const bounds = await topicBounds(admin, topic)
    const initials = await startOffsets(admin, topic, start, bounds)
    return (assignment[topic] ?? []).map((partition) => ({
      topic,
      partition,
      committed: committed.get(topic)?.get(partition),
      initial: of(initials, topic, partition),
      ...of(bounds, topic, partition),
    }))
  })
  return (await Promise.all(located)).flat()
}

/** What the log of each partition of a topic holds. */
export type Bounds = ReadonlyMap<number, { readonly earliest: number; readonly end: number }>

export async function topicBounds(admin: Admin, topic: string): Promise<Bounds> {
  // kafkajs stumbles over a topic of which it has heard nothing yet, such as one that was made a moment ago.
  const offsets = await admin.fetchTopicOffsets(topic).catch((error) => {
    throw error instanceof TypeError ? new kafkajs.KafkaJSTopicMetadataNotLoaded(`topic ${topic}: its partitions are not known yet`) : error
  })
  return new Map(offsets.map(({ partition, low, high }) => [partition, { earliest: Number(low), end: Number(high) }]))
}

/** The offset that `start` means in each partition. */
export async function startOffsets(admin: Admin, topic: string, start: Start, bounds: Bounds): Promise<Map<number, number>> {
  if (start === 'earliest') return new Map([...bounds].map(([partition, { earliest }]) => [partition, earliest]))
  if (start === 'latest') return new Map([...bounds].map(([partition, { end }]) => [partition, end]))
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, start)
  return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
}

async function committedOffsets(admin: Admin, group: string, topics: string[]): Promise<Map<string, Map<number, number>>> {
  const answer = await admin.fetchOffsets({ groupId: group, topics })
  return new Map(answer.map(({ topic, partitions }) => [topic, new Map(partitions.flatMap(committedOffset))]))
}

/** Kafka's "none" is -1. kafkajs writes -2 (earliest) when it lost its place: the place was below everything that was left. */
function committedOffset({ partition, offset }: { partition: number; offset: string }): [number, number][] {
  const value = Number(offset)
  return value === -1 ? [] : [[partition, Math.max(value, 0)]]
}

function of<Value>(values: ReadonlyMap<number, Value>, topic: string, partition: number): Value {
  const value = values.get(partition)
  if (value === undefined)
    throw new Error(`topic ${topic}, partition ${partition}: the brokers know no such partition; was the topic deleted?`)
  return value
}

/** Does `work` until it succeeds, fails for good, or the signal aborts it. */
export const persistently = <Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> =>
  retry(handleWhen(isTransient), {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 5000 }),
  }).execute(work, signal)
