import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { drivers } from '../../connectors/kafka/fetch.js'
import { kafkaSink } from '../../connectors/kafka/sink.js'
import { kafka } from '../../connectors/kafka/source.js'
import { kafkaState } from '../../connectors/kafka/state-store.js'
import { silent } from '../contract/silent-logger.js'
import { failure, sampleEvent } from '../contract/sink-contract.js'
import { roundOf, stateOf } from '../contract/store-contract.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { type RunningKafka, startKafka } from '../kit/kafka-broker.js'
import { count, SourceReader } from '../kit/source-reader.js'

const { skip, jars } = await kafkaOrSkip()
const reason = skip ?? (jars === undefined ? 'the cluster of KAFKA_BROKERS is not ours to kill' : undefined)
const context = { monitor: 'test', logger: silent }
const never = new AbortController().signal

/** A source, a sink and a store that have all worked, with what becomes of them in the outage and after it. */
async function atWork(driver: (typeof drivers)[number], brokers: readonly string[], client: KafkaTestClient) {
  const topic = await client.topic('features')
  const alerts = await client.topic('alerts')
  const source = kafka.create(
    kafka.schema.parse({ brokers, topics: [topic], group: unique('g'), start: 'earliest', driver, sessionTimeout: '6s' }),
    context,
  )
  const sink = kafkaSink.create(kafkaSink.schema.parse({ brokers, topic: alerts }), context)
  const store = kafkaState.create(kafkaState.schema.parse({ brokers, topic: unique('state'), partitions: 1 }), context)
  await Promise.all([source.connect(), sink.connect(), store.connect()])
  const input = { topic, partition: 0 }

  await client.produce(
    topic,
    ['0', '1', '2'].map((value) => ({ value })),
  )
  const reader = new SourceReader(source)
  expect(await reader.run(count(3))).toHaveLength(3)
  await source.commit([{ lease: reader.events[0].lease, offset: 3 }])
  await sink.write(sampleEvent('before'), never)
  await store.save(roundOf(input, 3, { a: [2, 'before'] }))
  const later = reader.run(count(1))

  return {
    meanwhile: async () => {
      expect(await failure(sink.write(sampleEvent('again'), never))).toMatchObject({ reason: 'connection', recoverable: true })
    },
    after: async () => {
      await client.produce(topic, [{ value: '3' }])
      expect((await later).map(({ offset }) => offset)).toEqual([3])
      await sink.write(sampleEvent('again'), never)
      const ids = (await client.readAll(alerts)).map(({ value }) => (JSON.parse(String(value)) as AlertEvent).id)
      expect(ids).toEqual(['before', 'again'])
      await store.save(roundOf(input, 4, { b: [3, 'after'] }))
      expect(await stateOf(store, input)).toEqual({ offset: 4, streams: { a: [2, 'before'], b: [3, 'after'] } })
      await Promise.all([source.close(), sink.close(), store.close()])
    },
  }
}

describe.skipIf(reason)(`a Kafka broker that is killed and comes back${reason ? ` (${reason})` : ''}`, () => {
  let broker: RunningKafka
  let client: KafkaTestClient
  beforeAll(async () => {
    broker = await startKafka()
    client = new KafkaTestClient(broker.brokers)
  })
  afterAll(async () => {
    await client.close()
    await broker.stop()
  })

  it('is waited for by the source with either driver, reported by the sink as an outage that passes, and takes state again', {
    timeout: 120_000,
  }, async () => {
    const all = await Promise.all(drivers.map((driver) => atWork(driver, broker.brokers, client)))
    await broker.kill()
    await Promise.all(all.map(({ meanwhile }) => meanwhile()))
    await broker.revive()
    await Promise.all(all.map(({ after }) => after()))
  })
})
