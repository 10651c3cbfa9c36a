import { Kafka as CloudEventsKafka } from 'cloudevents'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { kafkaDeadLetters } from '../../connectors/kafka/dead-letters.js'
import { kafkaSink } from '../../connectors/kafka/sink.js'
import type { DeadLetter } from '../../connectors/sink.js'
import { silent } from '../contract/silent-logger.js'
import { failure, sampleEvent } from '../contract/sink-contract.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const context = { monitor: 'test', logger: silent }
const never = new AbortController().signal

describe.skipIf(skip)(`Kafka sinks${skip ? ` (${skip})` : ''}`, () => {
  const client = new KafkaTestClient(brokers)
  const opened: { close(): Promise<void> }[] = []
  const keep = <Closable extends { close(): Promise<void> }>(made: Closable) => {
    opened.push(made)
    return made
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()))
  })
  afterAll(() => client.close())

  const openSink = (options: object) => keep(kafkaSink.create(kafkaSink.schema.parse({ brokers, ...options }), context))
  const openLetters = (options: object) => keep(kafkaDeadLetters.create(kafkaDeadLetters.schema.parse({ brokers, ...options }), context))

  describe('of alerts', () => {
    it('write structured CloudEvents with the dedup key as key, by an idempotent producer', async () => {
      const topic = await client.topic('alerts')
      const sink = openSink({ topic })
      await sink.connect()
      await sink.write(sampleEvent('a/1'), never)
      await sink.write(sampleEvent('a/2'), never)
      const stored = await client.readAll(topic)
      for (const [i, { key, value, headers }] of stored.entries()) {
        expect(String(key)).toBe('payments/tenant-7/drift')
        expect(String(headers?.['content-type'])).toBe('application/cloudevents+json; charset=UTF-8')
        const binding = {
          headers: { 'content-type': String(headers?.['content-type']) },
          key: String(key),
          value: String(value),
          body: String(value),
          timestamp: '0',
        }
        expect(CloudEventsKafka.toEvent(binding)).toMatchObject({ id: `a/${i + 1}`, type: 'io.driftwatch.alert.opened' })
      }
      expect(client.sequences(stored)).toEqual([0, 1])
    })

    it('go on after one that is too large, which is permanent', async () => {
      const topic = await client.topic('alerts', 1, { 'max.message.bytes': '5000' })
      const sink = openSink({ topic })
      await sink.connect()
      const large = sampleEvent('large', { summary: 'x'.repeat(6000) })
      const [, error] = await Promise.all([
        sink.write(sampleEvent('before'), never),
        failure(sink.write(large, never)),
        sink.write(sampleEvent('after'), never),
      ])
      expect(error).toMatchObject({ reason: 'too_large', recoverable: false })
      expect(error.message).toMatch(new RegExp(`topic ${topic} at .*MESSAGE_TOO_LARGE.*max\\.message\\.bytes`))
      const ids = (await client.readAll(topic)).map(({ value }) => (JSON.parse(String(value)) as AlertEvent).id)
      expect(ids).toEqual(['before', 'after'])
    })

    it('do not start without their topic', async () => {
      await expect(openSink({ topic: unique('missing') }).connect()).rejects.toThrow(/topic missing-\w+ does not exist/)
    })
  })

  describe('of dead letters', () => {
    const letter = (offset: number, value: Buffer | null, key: Buffer | null = null): DeadLetter => ({
      origin: { topic: 'features', partition: 3, offset },
      reason: 'undecodable',
      detail: 'no JSON: {"a',
      timestamp: 0,
      key,
      value,
    })

    it('keep key and value byte by byte, and say why and whence', async () => {
      const topic = await client.topic('letters')
      const sink = openLetters({ topic })
      await sink.connect()
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      await sink.write([letter(17, bytes, Buffer.from([0xff, 0])), letter(18, null)], never)
      const [first, second] = await client.readAll(topic)
      expect(first).toMatchObject({ key: Buffer.from([0xff, 0]), value: bytes })
      expect(Object.fromEntries(Object.entries(first.headers ?? {}).map(([name, text]) => [name, String(text)]))).toEqual({
        'driftwatch-reason': 'undecodable',
        'driftwatch-detail': 'no JSON: {"a',
        'driftwatch-topic': 'features',
        'driftwatch-partition': '3',
        'driftwatch-offset': '17',
        'driftwatch-timestamp': '0',
      })
      expect(second).toMatchObject({ key: null, value: null })
    })

    it('write many, and the one that is too large without its value', async () => {
      const topic = await client.topic('letters', 1, { 'max.message.bytes': '100000' })
      const sink = openLetters({ topic })
      await sink.connect()
      const sizes = [10, 90_000, 50_000, 200_000, 20, 1_500_000, 30]
      await sink.write(
        sizes.map((size, i) => letter(i, Buffer.alloc(size))),
        never,
      )
      const stored = await client.readAll(topic)
      expect(stored.map(({ headers }) => String(headers?.['driftwatch-offset']))).toEqual(['0', '1', '2', '3', '4', '5', '6'])
      expect(stored.map(({ value }) => value?.length)).toEqual([10, 90_000, 50_000, undefined, 20, undefined, 30])
      expect(String(stored[3].headers?.['driftwatch-omitted-bytes'])).toBe('200000')
    })

    it('go without the larger of key and value, or both, and say how long it was', async () => {
      const topic = await client.topic('letters', 1, { 'max.message.bytes': '100000' })
      const sink = openLetters({ topic })
      await sink.connect()
      const [small, large, larger] = [40, 150_000, 160_000].map((length) => Buffer.alloc(length))
      await sink.write([letter(0, small, large), letter(1, null, large), letter(2, large, larger)], never)
      const stored = (await client.readAll(topic)).map(({ key, value, headers = {} }) => ({
        lengths: [key?.length, value?.length],
        omitted: ['driftwatch-omitted-key-bytes', 'driftwatch-omitted-bytes'].map((name) => headers[name]?.toString()),
      }))
      expect(stored).toEqual([
        { lengths: [undefined, 40], omitted: ['150000', undefined] },
        { lengths: [undefined, undefined], omitted: ['150000', undefined] },
        { lengths: [undefined, undefined], omitted: ['160000', '150000'] },
      ])
    })
  })
})
