import type { MonitorConfig } from '../config/monitor.js'
import type { ComponentContext } from '../connectors/component.js'
import { topicBounds } from '../connectors/kafka/assignment.js'
import { probe } from '../connectors/kafka/client.js'
import { kafkaRange } from '../connectors/kafka/range.js'
import { type KafkaSourceOptions, kafkaSourceOf } from './chosen-options.js'
import { unreachable } from './exit.js'
import type { RangeOptions } from './finite.js'

/** What to say when an input gave no record at all: what was asked for, and what its topics hold. */
export async function nothingToRead(config: MonitorConfig, { from, to }: RangeOptions, context: ComponentContext): Promise<string> {
  const kafka = kafkaSourceOf(config)
  if (kafka === undefined) return `the ${config.source.type} source of monitor ${config.name} holds no records`
  const held = await Promise.all(kafka.topics.map((topic) => holdings(kafka, topic, context).catch(unreachable)))
  const asked = from === undefined && to === undefined ? '' : `no record was written from ${from ?? 'the beginning'} to ${to ?? 'now'}; `
  const note = asked === '' ? '' : ' (times are those at which Kafka was given a record, not those that stand in it)'
  return `${asked}${held.join(', ')}${note}`
}

/** How many records a topic holds and when they were written. */
async function holdings(options: KafkaSourceOptions, topic: string, context: ComponentContext): Promise<string> {
  const bounds = await probe(options, context.logger, (admin) => topicBounds(admin, topic))
  const filled = [...bounds].filter(([, { earliest, end }]) => end > earliest)
  if (filled.length === 0) return `topic ${topic} holds no records`
  const count = filled.reduce((sum, [, { earliest, end }]) => sum + end - earliest, 0)
  /** Timestamps of the records at these offsets; a compacted topic or one with transactions may have none there. */
  const timesAt = async (offset: (held: { readonly earliest: number; readonly end: number }) => number): Promise<number[]> => {
    const from = Object.fromEntries(filled.map(([partition, held]) => [partition, offset(held)]))
    const to = Object.fromEntries(filled.map(([partition, held]) => [partition, offset(held) + 1]))
    return timestamps(options, topic, { from, to }, context)
  }
  const times = [...(await timesAt(({ earliest }) => earliest)), ...(await timesAt(({ end }) => end - 1))]
  const span = times.length === 0 ? '' : `, written from ${iso(Math.min(...times))} to ${iso(Math.max(...times))}`
  return `topic ${topic} holds ${count.toLocaleString('en-GB')} records${span}`
}

type Offsets = Readonly<Record<string, number>>

async function timestamps(
  options: KafkaSourceOptions,
  topic: string,
  range: { readonly from: Offsets; readonly to: Offsets },
  context: ComponentContext,
): Promise<number[]> {
  const source = kafkaRange.create({ ...options, topic, ...range }, context)
  const times: number[] = []
  try {
    await source.connect()
    for await (const event of source.read()) {
      if (event.kind === 'assigned') event.begin(event.initial)
      if (event.kind === 'batch') times.push(...event.records.timestamps)
    }
    return times
  } finally {
    await source.close()
  }
}

const iso = (time: number): string => new Date(time).toISOString()
