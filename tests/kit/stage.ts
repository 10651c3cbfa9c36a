import type { Message } from 'kafkajs'
import type { AlertEvent } from '../../alerts/event.js'
import { persistently, topicBounds } from '../../connectors/kafka/assignment.js'
import type { Driftwatch } from './driftwatch.js'
import { type KafkaTestClient, unique } from './kafka-client.js'
import { encodings, features, messagesOf, type Vector } from './scenario.js'

const never = new AbortController().signal

/** A Standard Webhooks secret, for a sink and its receiver. */
export const signingSecret = `whsec_${Buffer.alloc(32, 'driftwatch').toString('base64')}`

/** For a test that counts deliveries: on a busy machine a member with a short session loses it, and delivers once more. */
export const unhurried = { sessionTimeout: '30s' }

export interface StageOptions {
  readonly client: KafkaTestClient
  readonly brokers: readonly string[]
  /** Folder of the reference. */
  readonly reference: string
  readonly encoding?: (typeof encodings)[string]
  readonly partitions?: number
  /** Fields of the monitor that replace the usual ones. */
  readonly monitor?: object
  /** Options of the source beside the usual ones. */
  readonly source?: object
  readonly name?: string
  /** Keeps the input whatever its timestamps say. */
  readonly retention?: 'forever'
}

/** A monitor with topics of its own: what goes in, what comes out, and its part of a configuration. */
export class Stage {
  readonly name: string
  readonly group = unique('group')

  private constructor(
    private readonly options: StageOptions,
    readonly input: string,
    readonly alerts: string,
    readonly letters: string,
  ) {
    this.name = options.name ?? 'watch'
  }

  static async set(options: StageOptions): Promise<Stage> {
    const { client, partitions = 2 } = options
    const large = { 'max.message.bytes': '60000000' }
    const kept = options.retention === 'forever' ? { 'retention.ms': '-1' } : {}
    const [input, alerts, letters] = await Promise.all([
      client.topic('input', partitions, { ...large, ...kept }),
      client.topic('alerts', 1),
      client.topic('letters', 1, large),
    ])
    return new Stage(options, input, alerts, letters)
  }

  /** The monitor of the configuration; `changes` replaces fields of it, `options` those of its source. */
  monitor(changes: object = {}, options: object = {}): object {
    const { brokers, reference, encoding = encodings.json, monitor, source } = this.options
    const fetching = { maxWait: '50ms', sessionTimeout: process.env.KAFKA_BROKERS ? '6s' : '2s' }
    return {
      name: this.name,
      source: { kafka: { brokers, topics: [this.input], group: this.group, start: 'earliest', ...fetching, ...source, ...options } },
      decode: encoding.decode,
      features,
      reference: { path: reference },
      alerting: { falseAlarmsPerDay: 1 },
      sinks: [this.alertTopic()],
      deadLetters: { kafka: { brokers, topic: this.letters } },
      state: { memory: {} },
      ...monitor,
      ...changes,
    }
  }

  /** The sink that the alerts are read back from. */
  alertTopic(): object {
    return { kafka: { brokers: this.options.brokers, topic: this.alerts } }
  }

  /** A whole configuration with this monitor; its metrics server takes a free port. */
  config(changes: object = {}, whole: object = {}, options: object = {}): object {
    return { metrics: { port: 0 }, log: { level: 'debug' }, ...whole, monitors: [this.monitor(changes, options)] }
  }

  /** Writes the vectors to the input topic, or messages as they are, in requests of at most 500. */
  async produce(vectors: readonly Vector[]): Promise<void> {
    const { encoding, partitions = 2 } = this.options
    await this.send(messagesOf(vectors, partitions, encoding))
  }

  async send(messages: readonly Message[]): Promise<void> {
    for (let i = 0; i < messages.length; i += 500) await this.options.client.produce(this.input, messages.slice(i, i + 500))
  }

  /** Resolves when the process has read all that the topic held when it was started. */
  async caughtUp(process: Driftwatch): Promise<void> {
    const { ends, committed } = await this.places()
    const open = ends.flatMap((end, partition) => (end > Math.max(committed[partition], 0) ? [String(partition)] : []))
    await process.until((samples) => open.every((partition) => samples.sum('consumer_lag_records', { topic: this.input, partition }) === 0))
  }

  /** The offsets after the last record of each partition, and those that the group has committed. */
  async places(): Promise<{ ends: number[]; committed: number[] }> {
    const { client } = this.options
    const bounds = await persistently(never, () => topicBounds(client.admin, this.input))
    const ends = Array.from(bounds.keys(), (_, partition) => bounds.get(partition)?.end ?? 0)
    // The first use of a group's coordinator may find it still loading.
    const committed = await persistently(never, () => client.committed(this.group, this.input))
    return { ends, committed: ends.map((_, partition) => committed[partition] ?? -1) }
  }

  /** Everything in the alert topic: key and bytes of each event, in order. */
  async delivered(): Promise<Delivered[]> {
    const messages = await this.options.client.readAll(this.alerts)
    return messages.map(({ key, value, headers }) => ({
      key: String(key),
      bytes: String(value),
      type: String(headers?.['content-type']),
      event: JSON.parse(String(value)),
    }))
  }

  /** The dead letters in their topic. */
  async buried(): Promise<Buried[]> {
    const messages = await this.options.client.readAll(this.letters)
    return messages.map(({ key, value, headers }) => {
      const header = (name: string) => String(headers?.[`driftwatch-${name}`])
      const origin = { topic: header('topic'), partition: Number(header('partition')), offset: Number(header('offset')) }
      return { origin, reason: header('reason'), detail: header('detail'), key, value }
    })
  }
}

export interface Delivered {
  readonly key: string
  readonly bytes: string
  /** The message's content type. */
  readonly type: string
  readonly event: AlertEvent
}

export interface Buried {
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly reason: string
  readonly detail: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}
