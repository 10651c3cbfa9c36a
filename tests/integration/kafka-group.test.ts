import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { drivers } from '../../connectors/kafka/fetch.js'
import { kafka as component } from '../../connectors/kafka/source.js'
import type { Lease, Source, SourceEvent } from '../../connectors/source.js'
import { silent } from '../contract/silent-logger.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { count, SourceReader } from '../kit/source-reader.js'

const { skip, brokers = [] } = await kafkaOrSkip()

describe.skipIf(skip).each(drivers)(`members of a Kafka group, driver %s${skip ? ` (${skip})` : ''}`, (driver) => {
  const client = new KafkaTestClient(brokers)
  const opened: Source[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((source) => source.close()))
  })
  afterAll(() => client.close())

  const join = async (options: object): Promise<SourceReader> => {
    const parsed = component.schema.parse({ brokers, start: 'earliest', maxWait: '50ms', sessionTimeout: '6s', driver, ...options })
    const source = component.create(parsed, { monitor: 'test', logger: silent })
    opened.push(source)
    await source.connect()
    return new SourceReader(source)
  }
  const messages = (n: number, partition: number, from = 0) =>
    Array.from({ length: n }, (_, i) => ({ partition, value: `${partition}/${from + i}` }))
  const leasesOf = (events: readonly SourceEvent[]) => events.flatMap((event) => (event.kind === 'assigned' ? [event.lease] : []))
  const partitionsOf = (events: readonly SourceEvent[]) => leasesOf(events).map(({ partition }) => partition)
  const valuesOf = (event: SourceEvent) => (event.kind === 'batch' ? [...event.records].map(({ value }) => String(value)) : [])

  /** Fails where a lease delivers after its end, or leaves a gap. */
  const checkLeases = (events: readonly SourceEvent[]) => {
    const next = new Map<Lease, number>()
    const ended = new Set<Lease>()
    for (const event of events) {
      expect(ended.has(event.lease)).toBe(false)
      if (event.kind === 'revoked') ended.add(event.lease)
      if (event.kind !== 'batch') continue
      const [first = 0] = event.records.offsets
      if (next.has(event.lease)) expect(first).toBe(next.get(event.lease))
      next.set(event.lease, first + event.records.length)
    }
  }

  it('share the partitions with a member of the other driver; a lease that ended delivers nothing more, and nothing is missed', async () => {
    const topic = await client.topic('shared', 4)
    const options = { topics: [topic], group: unique('shared'), maxBytesPerPartition: '20kB' }
    const produce = async (from: number) => {
      for (const partition of [0, 1, 2, 3]) await client.produce(topic, messages(2000, partition, from))
    }
    await produce(0)
    const first = await join(options)
    await first.run(count(1500))
    const second = await join({ ...options, driver: drivers.find((other) => other !== driver) })

    // Both read until each record was seen by one of them; half of the records come when both are there.
    const seen = () => new Set([first, second].flatMap(({ events }) => events).flatMap(valuesOf))
    const read = (reader: SourceReader) => reader.run(() => second.events.length > 0 && seen().size === 16_000)
    const readingFirst = read(first)
    const assigned = await second.assigned()
    assigned.begin(assigned.committed ?? assigned.initial)
    await produce(2000)
    const reading = [readingFirst, read(second)]
    await Promise.race(reading)
    await Promise.all(opened.map((source) => source.close()))
    await Promise.all(reading)

    expect(seen().size).toBe(16_000)
    expect(partitionsOf(first.events).slice(0, 4)).toEqual([0, 1, 2, 3])
    expect(leasesOf(first.events).every(({ revoked }) => revoked)).toBe(true)
    expect([...partitionsOf(first.events).slice(4), ...partitionsOf(second.events)].toSorted()).toEqual([0, 1, 2, 3])
    checkLeases(first.events)
    checkLeases(second.events)
  })

  it('refuse the commit of a lease that went to another', async () => {
    const topic = await client.topic('fenced', 2)
    const options = { topics: [topic], group: unique('fenced') }
    for (const partition of [0, 1]) await client.produce(topic, messages(10, partition))
    const first = await join(options)
    await first.run(count(20))
    const leases = leasesOf(first.events)
    await first.source.commit(leases.map((lease) => ({ lease, offset: 4 })))
    const second = await join(options)
    expect((await first.next())?.kind).toBe('revoked')
    await expect(first.source.commit(leases.map((lease) => ({ lease, offset: 9 })))).rejects.toThrow(
      /nothing was committed for .*another reader/,
    )
    expect(await client.committed(options.group, topic)).toEqual([4, 4])
    const { lease, committed } = await second.assigned()
    expect(committed).toBe(4)
    expect(lease.revoked).toBe(false)
  })

  it('learn of a newcomer while their reader does not ask, and take back the batch that waited', async () => {
    const topic = await client.topic('waiting', 2)
    const options = { topics: [topic], group: unique('waiting') }
    for (const partition of [0, 1]) await client.produce(topic, messages(3000, partition))
    const first = await join(options)
    for (const assigned of [await first.assigned(), await first.assigned()]) assigned.begin(0)
    await first.batch()
    const second = await join(options)
    // The newcomer gets its share only once the first has given up its own.
    const { lease } = await second.assigned()
    expect(lease.revoked).toBe(false)
    expect([(await first.next())?.kind, (await first.next())?.kind, (await first.next())?.kind]).toEqual(['revoked', 'revoked', 'assigned'])
    checkLeases(first.events)
  })

  it('take over where the other one committed, when it leaves', async () => {
    const topic = await client.topic('leaves', 2)
    const options = { topics: [topic], group: unique('leaves') }
    for (const partition of [0, 1]) await client.produce(topic, messages(10, partition))
    const first = await join(options)
    await first.run(count(20))
    await first.source.commit(leasesOf(first.events).map((lease) => ({ lease, offset: 4 })))
    const second = await join(options)
    await second.assigned()
    await first.source.close()
    const values = (await second.run(count(12))).map(({ value }) => String(value))
    expect(values.toSorted()).toEqual(['0', '1'].flatMap((partition) => ['4', '5', '6', '7', '8', '9'].map((i) => `${partition}/${i}`)))
  })
})
