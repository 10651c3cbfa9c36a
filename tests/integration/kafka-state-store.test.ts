import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { kafkaState } from '../../connectors/kafka/state-store.js'
import type { StateStore } from '../../connectors/store.js'
import { silent } from '../contract/silent-logger.js'
import { roundOf, stateOf } from '../contract/store-contract.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const [first, second] = [
  { topic: 'features', partition: 0 },
  { topic: 'features', partition: 1 },
]

describe.skipIf(skip)(`Kafka state store${skip ? ` (${skip})` : ''}`, () => {
  const client = new KafkaTestClient(brokers)
  const opened: StateStore[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()))
  })
  afterAll(() => client.close())

  const create = (options: object, monitor = 'payments'): StateStore => {
    const store = kafkaState.create(kafkaState.schema.parse({ brokers, partitions: 3, ...options }), { monitor, logger: silent })
    opened.push(store)
    return store
  }
  const open = async (options: object, monitor?: string): Promise<StateStore> => {
    const store = create(options, monitor)
    await store.connect()
    return store
  }
  const key = (...parts: unknown[]) => JSON.stringify(['payments', ...parts])

  it('creates its topic, compacted, and takes one that is there', async () => {
    const topic = unique('state')
    await open({ topic })
    await open({ topic, create: false })
    expect(await client.topicConfig(topic)).toMatchObject({ partitions: 3, 'cleanup.policy': 'compact' })
  })

  it('reads a round that was never finished', async () => {
    const topic = unique('state')
    const store = await open({ topic })
    await store.save(roundOf(first, 100, { a: [99, 'a'] }))
    const value = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 150]), Buffer.from('newer')])
    await client.produce(topic, [{ partition: 0, key: key('features', 0, 'a'), value }])
    expect(await stateOf(await open({ topic }), first)).toEqual({ offset: 100, streams: { a: [150, 'newer'] } })
  })

  it('forgets a stream with a tombstone', async () => {
    const topic = unique('state')
    const store = await open({ topic })
    await store.save(roundOf(first, 100, { a: [99, 'a'], b: [98, 'b'] }))
    await store.save({ ...roundOf(first, 200, { b: [150, 'b'] }), forgotten: ['a'] })
    const records = await client.readAll(topic)
    expect(records.slice(-2).map(({ key, value }) => [String(key), value === null])).toEqual([
      [key('features', 0), false],
      [key('features', 0, 'a'), true],
    ])
    expect(await stateOf(await open({ topic }), first)).toEqual({ offset: 200, streams: { b: [150, 'b'] } })
  })

  it('keeps monitors and input topics apart, and loads many partitions at once, again and again', async () => {
    const topic = unique('state')
    const [payments, refunds] = [await open({ topic }), await open({ topic }, 'refunds')]
    const inputs = ['features', 'others'].flatMap((topic) => [0, 1, 2].map((partition) => ({ topic, partition })))
    for (const [name, store] of Object.entries({ payments, refunds })) {
      await Promise.all(inputs.map((input, i) => store.save(roundOf(input, i + 1, { [`${name} ${i}`]: [i, 'x'] }))))
    }
    for (let repeat = 0; repeat < 2; repeat++) {
      const loaded = await Promise.all(inputs.map((input) => stateOf(payments, input)))
      expect(loaded).toEqual(inputs.map((_, i) => ({ offset: i + 1, streams: { [`payments ${i}`]: [i, 'x'] } })))
    }
  })

  it('saves nothing for a lease that is revoked', async () => {
    const topic = unique('state')
    const store = await open({ topic })
    const round = { ...roundOf(first, 100, { a: [99, 'a'] }), lease: { ...first, revoked: true } }
    await expect(store.save(round)).rejects.toThrow(
      /cannot save the state of topic features, partition 0: the partition went to another reader/,
    )
    expect(await client.readAll(topic)).toEqual([])
  })

  it('saves rounds larger than one request, and says so of a stream that is too large', async () => {
    const topic = unique('state')
    const store = await open({ topic })
    const streams = Object.fromEntries(
      Array.from({ length: 30 }, (_, i): [string, [number, string]] => [`s${i}`, [i, 'x'.repeat(100_000)]]),
    )
    await store.save(roundOf(first, 30, streams))
    expect(Object.keys((await stateOf(store, first)).streams)).toHaveLength(30)
    await expect(store.save(roundOf(first, 31, { huge: [30, 'x'.repeat(11_000_000)] }))).rejects.toThrow(
      /cannot save the state of topic features, partition 0: .*max\.message\.bytes/,
    )
  })

  describe('refuses', () => {
    it('state in another layout', async () => {
      const topic = unique('state')
      const store = await open({ topic })
      await client.produce(topic, [{ partition: 0, key: key('features', 0, 'a'), value: Buffer.from([7, 0, 0, 0, 0, 0, 0, 0, 0]) }])
      await expect(store.load(first)).rejects.toThrow(/partition 0, offset 0: holds state in layout 7, this Driftwatch reads layout 1/)
      await store.save(roundOf(second, 1, {}))
      expect((await store.load(second)).offset).toBe(1)
    })

    it('a topic that holds something else', async () => {
      const topic = unique('state')
      const store = await open({ topic })
      await client.produce(topic, [{ partition: 0, key: 'user-17', value: 'x' }])
      await expect(store.load(first)).rejects.toThrow(/is no state of Driftwatch/)
    })

    it('a topic that is not compacted', async () => {
      const topic = await client.topic('deleting')
      await expect(create({ topic }).connect()).rejects.toThrow(
        /its cleanup\.policy is delete, which would delete the state in time; set it to compact/,
      )
    })

    it('a missing topic that it may not create', async () => {
      await expect(create({ topic: unique('missing'), create: false }).connect()).rejects.toThrow(/does not exist/)
    })

    it('an input partition for which the topic has too few, with the command that adds some; then it is enough', async () => {
      const topic = unique('state')
      const wide = { topic: 'features', partition: 5 }
      const store = await open({ topic })
      await store.save(roundOf(first, 9, { a: [8, 'kept'] }))
      await expect(store.load(wide)).rejects.toThrow(/has 3 partitions, and the state of topic features, partition 5 goes .*--partitions 6/)
      await client.admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] })
      const again = await open({ topic })
      await again.save(roundOf(wide, 4, { b: [3, 'new'] }))
      expect(await stateOf(again, wide)).toEqual({ offset: 4, streams: { b: [3, 'new'] } })
      expect(await stateOf(again, first)).toEqual({ offset: 9, streams: { a: [8, 'kept'] } })
    })
  })
})
