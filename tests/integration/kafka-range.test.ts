import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { drivers } from '../../connectors/kafka/fetch.js'
import { kafkaRange } from '../../connectors/kafka/range.js'
import type { Source, SourceEvent } from '../../connectors/source.js'
import { silent } from '../contract/silent-logger.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { SourceReader } from '../kit/source-reader.js'

const { skip, brokers = [] } = await kafkaOrSkip()

describe.skipIf(skip).each(drivers)(`range of a Kafka topic, driver %s${skip ? ` (${skip})` : ''}`, (driver) => {
  const client = new KafkaTestClient(brokers)
  const opened: Source[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((source) => source.close()))
  })
  afterAll(() => client.close())

  const create = (options: object): Source => {
    const source = kafkaRange.create(kafkaRange.schema.parse({ brokers, maxWait: '50ms', driver, ...options }), {
      monitor: 'test',
      logger: silent,
    })
    opened.push(source)
    return source
  }
  /** Reads the range to its end; which must come by itself. */
  const read = async (options: object): Promise<SourceReader> => {
    const source = create(options)
    await source.connect()
    const reader = new SourceReader(source)
    await reader.run()
    return reader
  }
  const numbers = (from: number, to: number, partition = 0) =>
    Array.from({ length: to - from }, (_, i) => ({
      partition,
      value: String(from + i),
      timestamp: String(Date.UTC(2025, 0, 1, from + i)),
    }))
  /** The values read of a partition, in order. */
  const values = ({ events }: SourceReader, partition = 0) =>
    events.flatMap((event) => ofPartition(event, partition)).map(({ value }) => String(value))
  const ofPartition = (event: SourceEvent, partition: number) =>
    event.kind === 'batch' && event.lease.partition === partition ? [...event.records] : []
  const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i))

  it('is all that the topic holds when it is opened', async () => {
    const topic = await client.topic('all', 3)
    await client.produce(topic, [...numbers(0, 3000), ...numbers(0, 7, 2)])
    const source = create({ topic })
    await source.connect()
    await client.produce(topic, numbers(3000, 3010))
    const reader = new SourceReader(source)
    await reader.run()
    expect(values(reader)).toEqual(texts(0, 3000))
    expect(values(reader, 2)).toEqual(texts(0, 7))
    const revoked = reader.events.filter(({ kind }) => kind === 'revoked')
    expect(revoked.map(({ lease }) => lease.partition).toSorted()).toEqual([0, 1, 2])
    expect(reader.events.every(({ lease }) => !lease.revoked)).toBe(true)
  })

  it('goes from offset to offset, in the partitions that are named', async () => {
    const topic = await client.topic('offsets', 3)
    for (const partition of [0, 1, 2]) await client.produce(topic, numbers(0, 100, partition))
    const reader = await read({ topic, from: { 0: 20, 2: 90 }, to: { 0: 33 } })
    expect([values(reader), values(reader, 1), values(reader, 2)]).toEqual([texts(20, 33), [], texts(90, 100)])
  })

  it('goes from time to time', async () => {
    const topic = await client.topic('times', 2)
    for (const partition of [0, 1]) await client.produce(topic, numbers(0, 10, partition))
    const reader = await read({ topic, from: '2025-01-01T02:00:00Z', to: '2025-01-01T05:30:00+01:00' })
    expect([values(reader), values(reader, 1)]).toEqual([texts(2, 5), texts(2, 5)])
  })

  it('ends where the topic ends with the mark of a transaction', async () => {
    const topic = await client.topic('mark')
    await client.transaction(topic, numbers(0, 3), 'commit')
    await client.transaction(topic, numbers(3, 6), 'abort')
    expect(values(await read({ topic }))).toEqual(texts(0, 3))
  })

  it('is empty where nothing lies in between', async () => {
    const topic = await client.topic('empty')
    expect(values(await read({ topic }))).toEqual([])
    await client.produce(topic, numbers(0, 5))
    expect(values(await read({ topic, from: { 0: 4 }, to: { 0: 2 } }))).toEqual([])
  })

  it('leaves the places of groups alone', async () => {
    const topic = await client.topic('groups')
    const group = unique('group')
    await client.produce(topic, numbers(0, 5))
    await client.commit(group, topic, 2)
    const before = (await client.admin.listGroups()).groups.map(({ groupId }) => groupId)
    const source = create({ topic })
    await source.connect()
    const reader = new SourceReader(source)
    await reader.run()
    await source.commit([{ lease: reader.events[0].lease, offset: 3 }])
    await source.close()
    expect(await client.committed(group, topic)).toEqual([2])
    const added = (await client.admin.listGroups()).groups.map(({ groupId }) => groupId).filter((id) => !before.includes(id))
    for (const id of added.filter((id) => id.startsWith('driftwatch-range-'))) expect(await client.committed(id, topic)).toEqual([-1])
  })

  it.each([
    [{ from: { 3: 0 } }, /partition 3: no such partition; the topic has 1/],
    [{ from: { 0: 2 } }, /partition 0: offset 2 is not held, the log goes from 5 to 10/],
    [{ to: { 0: 11 } }, /partition 0: offset 11 is not held, the log goes from 5 to 10/],
  ])('refuses %j', async (options, message) => {
    const topic = await client.topic('held')
    await client.produce(topic, numbers(0, 10))
    await client.deleteBefore(topic, 0, 5)
    await expect(create({ topic, ...options }).connect()).rejects.toThrow(message)
  })
})
