import { createServer } from 'node:net'
import type { Logger } from 'pino'
import { pino } from 'pino'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { drivers } from '../../connectors/kafka/fetch.js'
import { kafka as component } from '../../connectors/kafka/source.js'
import type { Source } from '../../connectors/source.js'
import { silent } from '../contract/silent-logger.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { count, SourceReader } from '../kit/source-reader.js'

const { skip, brokers = [], jars } = await kafkaOrSkip()

describe.skipIf(skip).each(drivers)(`kafka source, driver %s${skip ? ` (${skip})` : ''}`, (driver) => {
  const client = new KafkaTestClient(brokers)
  const opened: Source[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((source) => source.close()))
  })
  afterAll(() => client.close())

  const create = (options: object, logger: Logger = silent): Source => {
    const parsed = component.schema.parse({ brokers, group: unique('group'), start: 'earliest', maxWait: '50ms', driver, ...options })
    const source = component.create(parsed, { monitor: 'test', logger })
    opened.push(source)
    return source
  }
  const read = async (options: object, logger?: Logger): Promise<SourceReader> => {
    const source = create(options, logger)
    await source.connect()
    return new SourceReader(source)
  }
  const numbers = (from: number, to: number, partition = 0) =>
    Array.from({ length: to - from }, (_, i) => ({ partition, key: 'k', value: String(from + i) }))
  const offsets = (records: Iterable<{ offset: number }>) => Array.from(records, ({ offset }) => offset)
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

  describe('start', () => {
    it('at the earliest record', async () => {
      const topic = await client.topic('earliest')
      await client.produce(topic, numbers(0, 5))
      expect(await (await read({ topics: [topic] })).assigned()).toMatchObject({ committed: undefined, initial: 0, earliest: 0, end: 5 })
    })

    it('at the latest', async () => {
      const topic = await client.topic('latest')
      await client.produce(topic, numbers(0, 5))
      const reader = await read({ topics: [topic], start: 'latest' })
      const assigned = await reader.assigned()
      expect(assigned).toMatchObject({ committed: undefined, initial: 5 })
      assigned.begin(assigned.initial)
      await client.produce(topic, numbers(5, 6))
      expect(offsets((await reader.batch()).records)).toEqual([5])
    })

    it('at a time', async () => {
      const topic = await client.topic('time')
      const day = (n: number) => Date.UTC(2026, 0, n)
      await client.produce(
        topic,
        [1, 2, 3, 4].map((n) => ({ value: 'x', timestamp: String(day(n)) })),
      )
      const at = async (start: string) => (await (await read({ topics: [topic], start })).assigned()).initial
      expect(await at('2026-01-02T12:00:00Z')).toBe(2)
      expect(await at('2026-01-03T01:00:00+01:00')).toBe(2)
      expect(await at('2025-06-01T00:00:00Z')).toBe(0)
      expect(await at('2026-06-01T00:00:00Z')).toBe(4)
    })

    it('is the offset that the reader begins at, not the one that was offered', async () => {
      const topic = await client.topic('begun')
      const options = { topics: [topic], group: unique('begun'), start: 'latest' }
      await client.produce(topic, numbers(0, 5))
      const first = await read(options)
      ;(await first.assigned()).begin(2)
      await expect.poll(() => client.committed(options.group, topic), { timeout: 20_000 }).toEqual([2])
      await first.source.close()
    })

    it('is kept by the group, so that what comes before the first commit is not skipped by a second start', async () => {
      const topic = await client.topic('kept')
      const options = { topics: [topic], group: unique('kept'), start: 'latest' }
      await client.produce(topic, numbers(0, 5))
      const first = await read(options)
      const assigned = await first.assigned()
      assigned.begin(assigned.initial)
      await expect.poll(() => client.committed(options.group, topic), { timeout: 20_000 }).toEqual([5])
      await first.source.close()
      await client.produce(topic, numbers(5, 8))
      const second = await read(options)
      expect(offsets(await second.run(count(3)))).toEqual([5, 6, 7])
    })
  })

  it('reads all partitions of several topics, each in order', async () => {
    const topics = [await client.topic('one', 3), await client.topic('two', 2)]
    for (const topic of topics) for (const partition of [0, 1]) await client.produce(topic, numbers(0, 2500, partition))
    const reader = await read({ topics })
    expect(await reader.run(count(10_000))).toHaveLength(10_000)
    for (const topic of topics) {
      for (const partition of [0, 1]) {
        const batches = reader.events.filter((event) => event.kind === 'batch')
        const own = batches.filter(({ lease }) => lease.topic === topic && lease.partition === partition)
        expect(offsets(own.flatMap(({ records }) => [...records]))).toEqual(range(0, 2500))
      }
    }
  })

  it('hands over headers, a tombstone and a record without a key as they are', async () => {
    const topic = await client.topic('shapes')
    await client.produce(topic, [
      { key: null, value: Buffer.from([0, 255]), headers: { name: 'text', twice: ['a', 'b'] } },
      { key: 'gone', value: null },
    ])
    const records = await (await read({ topics: [topic] })).run(count(2))
    expect(records[0]).toMatchObject({ key: null, value: Buffer.from([0, 255]), headers: { name: Buffer.from('text') } })
    expect(records[0].headers?.twice).toEqual([Buffer.from('a'), Buffer.from('b')])
    expect(records[1]).toMatchObject({ key: Buffer.from('gone'), value: null })
  })

  it('steps over aborted transactions and their marks', async () => {
    const topic = await client.topic('transactions')
    await client.transaction(topic, numbers(0, 3), 'commit')
    await client.transaction(topic, numbers(3, 6), 'abort')
    await client.transaction(topic, numbers(6, 8), 'commit')
    const records = await (await read({ topics: [topic] })).run(count(5))
    expect(records.map(({ value }) => String(value))).toEqual(['0', '1', '2', '6', '7'])
  })

  describe('a reader that does not ask', () => {
    /** Counts the requests that kafkajs sends, by name. */
    const spy = () => {
      const requests: string[] = []
      let wake = () => {}
      const write = (line: string) => {
        const name = /"msg":"kafka: Request (\w+)/.exec(line)?.[1]
        if (name === undefined) return
        requests.push(name)
        wake()
      }
      const beats = async (n: number) => {
        for (let seen = 0, at = requests.length; seen < n; ) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          for (; at < requests.length; at++) if (requests[at] === 'Heartbeat') seen++
        }
      }
      return { logger: pino({ level: 'trace' }, { write }), requests, beats }
    }

    it('stops the fetching, keeps its place in the group beyond the session timeout, and goes on without a gap', async () => {
      const topic = await client.topic('slow')
      for (let i = 0; i < 40; i++)
        await client.produce(
          topic,
          Array.from({ length: 100 }, () => ({ value: Buffer.alloc(1000) })),
        )
      const { logger, requests, beats } = spy()
      // The test broker allows short sessions; the members of others must not be asked for less than 6 s.
      const reader = await read({ topics: [topic], maxBytesPerPartition: '100kB', sessionTimeout: jars ? '1s' : '6s' }, logger)
      const assigned = await reader.assigned()
      assigned.begin(0)
      const first = await reader.batch()
      await beats(2)
      const fetches = () => requests.filter((name) => name === 'Fetch').length
      const before = fetches()
      await beats(12)
      expect(fetches()).toBe(before)
      expect(assigned.lease.revoked).toBe(false)
      await reader.source.commit([{ lease: assigned.lease, offset: 1 }])
      const rest = await reader.run(count(4000 - first.records.length))
      expect(offsets([...first.records, ...rest])).toEqual(range(0, 4000))
    })
  })

  describe('commit', () => {
    it('is where the next process goes on', async () => {
      const topic = await client.topic('commit', 2)
      const options = { topics: [topic], group: unique('commit') }
      for (const partition of [0, 1]) await client.produce(topic, numbers(0, 100, partition))
      const first = await read(options)
      await first.run(count(200))
      const leases = first.events.filter((event) => event.kind === 'assigned').map(({ lease }) => lease)
      await first.source.commit(leases.map((lease) => ({ lease, offset: lease.partition === 0 ? 73 : 100 })))
      await first.source.close()
      expect(await client.committed(options.group, topic)).toEqual([73, 100])
      await client.produce(topic, numbers(100, 101, 1))
      expect(offsets(await (await read(options)).run(count(28))).toSorted((a, b) => a - b)).toEqual(range(73, 101))
    })

    it('is refused after close', async () => {
      const topic = await client.topic('late')
      const reader = await read({ topics: [topic] })
      const { lease } = await reader.assigned()
      await reader.source.close()
      expect(lease.revoked).toBe(true)
      await expect(reader.source.commit([{ lease, offset: 1 }])).rejects.toThrow(/nothing was committed for topic .*, partition 0/)
    })
  })

  describe('a log that no longer holds the next record', () => {
    const expired = async (onExpired: string) => {
      const topic = await client.topic('expired')
      const options = { topics: [topic], group: unique('expired'), onExpired }
      await client.produce(topic, numbers(0, 100))
      const first = await read(options)
      const { lease } = await first.assigned()
      await first.source.commit([{ lease, offset: 10 }])
      await first.source.close()
      await client.deleteBefore(topic, 0, 50)
      return read(options)
    }

    it('ends the reading with the numbers', async () => {
      const reader = await expired('fail')
      await expect(reader.run()).rejects.toThrow(
        /partition 0: the next offset to read is 10, but the log begins at 50: 40 records were deleted before they were read; set onExpired: restart/,
      )
    })

    it('or lets it go on from what is left', async () => {
      const reader = await expired('restart')
      expect(await reader.assigned()).toMatchObject({ committed: 10, initial: 50, earliest: 50, end: 100 })
      const [assigned] = reader.events
      if (assigned.kind === 'assigned') assigned.begin(10)
      const batch = await reader.batch()
      expect(batch.lost).toBe(40)
      const rest = batch.records.length < 50 ? await reader.run(count(50 - batch.records.length)) : []
      expect([...offsets(batch.records), ...offsets(rest)]).toEqual(range(50, 100))
    })

    it('is noticed in the middle of reading, too', async () => {
      const topic = await client.topic('overtaken')
      for (let i = 0; i < 10; i++)
        await client.produce(
          topic,
          Array.from({ length: 100 }, () => ({ value: Buffer.alloc(1000) })),
        )
      const reader = await read({ topics: [topic], maxBytesPerPartition: '1kB' })
      const assigned = await reader.assigned()
      assigned.begin(0)
      await reader.batch()
      await client.deleteBefore(topic, 0, 900)
      await expect(reader.run()).rejects.toThrow(/the next offset to read is \d+, but the log begins at 900: \d+ records were deleted/)
    })

    it('is noticed when the topic is shorter than what was read of it', async () => {
      const topic = await client.topic('short')
      await client.produce(topic, numbers(0, 3))
      const reader = await read({ topics: [topic] })
      const assigned = await reader.assigned()
      assigned.begin(7)
      await expect(reader.next()).rejects.toThrow(
        /the next offset to read is 7, but the log ends at 3: the topic was truncated or created anew/,
      )
    })
  })

  describe('errors at the start', () => {
    it('a topic that does not exist, with the one it may have meant; it is not created', async () => {
      const topic = await client.topic('features')
      await expect(create({ topics: [topic, `${topic}s`] }).connect()).rejects.toThrow(
        `topic ${topic}s does not exist at ${brokers.join(', ')} (or may not be described by this user): did you mean ${topic}?`,
      )
      expect(await client.admin.listTopics()).not.toContain(`${topic}s`)
    })

    it('brokers that refuse connections', { timeout: 12_000 }, async () => {
      await expect(create({ topics: ['t'], brokers: ['127.0.0.1:1'] }).connect()).rejects.toThrow(
        /brokers 127\.0\.0\.1:1 \(tls off, sasl off\): cannot be reached: .*ECONNREFUSED.*; check the addresses/,
      )
    })

    it('brokers that do not answer', { timeout: 15_000 }, async () => {
      const server = createServer()
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const sockets: { destroy(): void }[] = []
      server.on('connection', (socket) => sockets.push(socket))
      const port = (server.address() as { port: number }).port
      await expect(create({ topics: ['t'], brokers: [`127.0.0.1:${port}`] }).connect()).rejects.toThrow(
        /brokers 127\.0\.0\.1:\d+ .*: cannot be reached: /,
      )
      for (const socket of sockets) socket.destroy()
      server.close()
    })

    it('a group whose members share out partitions by another protocol', async () => {
      const topic = await client.topic('protocol')
      const group = unique('protocol')
      const leave = await client.joinAs(group, topic, 'other-protocol')
      const reader = await read({ topics: [topic], group })
      await expect(reader.next()).rejects.toThrow(new RegExp(`group ${group}: .*INCONSISTENT_GROUP_PROTOCOL`))
      await leave()
    })
  })
})
