import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { AnswerMemory } from '../../../../connectors/kafka/columnar/answer-memory.js'
import { ColumnarFeed } from '../../../../connectors/kafka/columnar/feed.js'
import type { FetchRequest } from '../../../../connectors/kafka/columnar/links.js'
import { type FeedListener, Reading } from '../../../../connectors/kafka/feed.js'
import { batch } from './batches.js'

interface Answered {
  readonly partition: number
  readonly errorCode?: number
  readonly records?: Buffer
}

/** The answer of a broker to a fetch, version 11, of topic t. */
function answer(partitions: readonly Answered[]): Buffer {
  const int = (bytes: number, value: number) => {
    const buffer = Buffer.alloc(bytes)
    buffer.writeIntBE(value, bytes - Math.min(bytes, 6), Math.min(bytes, 6))
    return buffer
  }
  const parts = partitions.map(({ partition, errorCode = 0, records = Buffer.alloc(0) }) =>
    Buffer.concat([
      ...[int(4, partition), int(2, errorCode), int(8, 1000), int(8, 1000), int(8, 0), int(4, 0), int(4, 0)],
      ...[int(4, records.length), records],
    ]),
  )
  const name = Buffer.concat([int(2, 1), Buffer.from('t')])
  return Buffer.concat([int(4, 0), int(2, 0), int(4, 0), int(4, 1), name, int(4, partitions.length), ...parts])
}

const recordsFrom = (offset: number): Buffer => batch({ records: [{ offset, value: `v${offset}` }] })
const numberOf = ({ topics }: FetchRequest): number[] => topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition))
const offsetOf = ({ topics }: FetchRequest, partition: number): number =>
  Number(topics[0].partitions.find((asked) => asked.partition === partition)?.fetchOffset)

/** A feed before brokers that a test plays, and a reader that takes what its partition is let take. */
function play(fetch: (node: string, request: FetchRequest) => Promise<Buffer>, leaders: () => string | Error = () => '1') {
  const taken: string[] = []
  const failures: unknown[] = []
  const blocked = new Map<number, Promise<void>>()
  let expected = 0
  let reached = () => {}
  const listener: FeedListener = {
    reading: () => undefined,
    handOver: async (reading, { records, recycle }) => {
      await blocked.get(reading.partition)
      for (const { value } of records) taken.push(`${reading.partition} ${value}`)
      reading.position = (records.offsets.at(-1) ?? 0) + 1
      recycle?.()
      if (taken.length >= expected) reached()
      return !reading.revoked
    },
    passed: (reading, next) => {
      reading.position = next
    },
    resume: async ({ position }) => position,
    failed: (error) => {
      failures.push(error)
      reached()
    },
  }
  const memory = new AnswerMemory()
  const links = {
    leaderOf: async () => {
      const leader = leaders()
      if (leader instanceof Error) throw leader
      return leader
    },
    // Into memory that is used again, as the connections do.
    fetch: async (node: string, request: FetchRequest) => {
      const answer = await fetch(node, request)
      const place = memory.take(answer.length)
      answer.copy(place)
      return place
    },
    memory,
    close: async () => {},
  }
  const feed = new ColumnarFeed(links, { maxBytesPerPartition: 1000, maxWait: 1, checkCrcs: true }, listener)
  /** Resolves when so many records were taken, or the feed failed. */
  const take = (count: number) =>
    new Promise<void>((resolve) => {
      expected = count
      reached = resolve
      if (taken.length >= count) resolve()
    })
  const begin = (partition: number, offset = 0, until = Number.POSITIVE_INFINITY) => {
    const reading = new Reading('t', partition, until)
    reading.position = offset
    feed.begin(reading, offset)
    return reading
  }
  return { feed, listener, taken, failures, blocked, take, begin }
}

const protocolError = (type: string, retriable: boolean) => Object.assign(new kafkajs.KafkaJSError(type, { retriable }), { type })

describe('the columnar feed', () => {
  it('hands over the records of each partition in order, fetching on from the last one', async () => {
    const { feed, take, taken, begin } = play(async (_, request) =>
      answer(numberOf(request).map((partition) => ({ partition, records: recordsFrom(offsetOf(request, partition)) }))),
    )
    begin(0, 5)
    begin(1)
    await take(8)
    await feed.close()
    for (const [partition, first] of [
      [0, 5],
      [1, 0],
    ]) {
      const own = taken.filter((record) => record.startsWith(`${partition} `))
      expect(own).toEqual(own.map((_, i) => `${partition} v${first + i}`))
    }
  })

  it('goes on with the other partitions when the reader does not take those of one, of which two answers wait', async () => {
    const asked: number[][] = []
    const { feed, take, taken, begin, blocked } = play(async (_, request) => {
      asked.push(numberOf(request))
      return answer(numberOf(request).map((partition) => ({ partition, records: recordsFrom(offsetOf(request, partition)) })))
    })
    let release = () => {}
    blocked.set(0, new Promise((resolve) => (release = resolve)))
    begin(0)
    begin(1)
    await take(50)
    expect(taken.every((record) => record.startsWith('1 '))).toBe(true)
    expect(asked.filter((partitions) => partitions.includes(0))).toHaveLength(2)
    release()
    blocked.clear()
    await take(60)
    await feed.close()
    expect(taken.filter((record) => record.startsWith('0 ')).slice(0, 3)).toEqual(['0 v0', '0 v1', '0 v2'])
  })

  it('asks for nothing while nothing is taken', async () => {
    let asked = 0
    const { feed, begin, blocked } = play(async (_, request) => {
      asked++
      return answer([{ partition: 0, records: recordsFrom(offsetOf(request, 0)) }])
    })
    blocked.set(0, new Promise(() => {}))
    begin(0)
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toBe(2)
    await feed.close()
  })

  it('looks for a leader that moved, and for one when there is none', async () => {
    const leaders = ['1', protocolError('LEADER_NOT_AVAILABLE', true), '2']
    const nodes: string[] = []
    const { feed, take, taken, begin, failures } = play(
      async (node, request) => {
        nodes.push(node)
        // 6: not the leader
        return answer([node === '1' ? { partition: 0, errorCode: 6 } : { partition: 0, records: recordsFrom(offsetOf(request, 0)) }])
      },
      () => leaders.shift() ?? '2',
    )
    begin(0)
    await take(2)
    await feed.close()
    expect(nodes.slice(0, 2)).toEqual(['1', '2'])
    expect(taken.slice(0, 2)).toEqual(['0 v0', '0 v1'])
    expect(failures).toEqual([])
  })

  it('asks again after a connection broke, without a gap', async () => {
    let requests = 0
    const { feed, take, taken, begin, failures } = play(async (_, request) => {
      if (++requests === 2) throw new kafkajs.KafkaJSConnectionError('closed')
      return answer([{ partition: 0, records: recordsFrom(offsetOf(request, 0)) }])
    })
    begin(0)
    await take(4)
    await feed.close()
    expect(taken.slice(0, 4)).toEqual(['0 v0', '0 v1', '0 v2', '0 v3'])
    expect(failures).toEqual([])
  })

  it.each([
    ['an answer that time does not mend', answer([{ partition: 0, errorCode: 29 }]), /topic t, partition 0: .*authorized/i],
    ['a damaged batch', answer([{ partition: 0, records: recordsFrom(0).fill(1, 60) }]), /topic t, partition 0, offset 0: .*CRC/],
    ['an old message format', answer([{ partition: 0, records: batch({ records: [{ offset: 0 }], format: 1 }) }]), /message format 1/],
  ])('fails for %s, once, and asks no more', async (_, fetched, message) => {
    let asked = 0
    const { feed, take, begin, failures } = play(async () => {
      asked++
      return fetched
    })
    begin(0)
    await take(1)
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(failures.map(String)).toEqual([expect.stringMatching(message)])
    expect(asked).toBeLessThanOrEqual(2)
    await feed.close()
  })

  it('goes on where the reader says when the log does not hold the next offset, once all before it is taken', async () => {
    const { feed, take, taken, begin, listener } = play(async (_, request) => {
      const offset = offsetOf(request, 0)
      return answer([offset >= 2 && offset < 50 ? { partition: 0, errorCode: 1 } : { partition: 0, records: recordsFrom(offset) }])
    })
    const positions: (number | undefined)[] = []
    listener.resume = async ({ position }) => {
      positions.push(position)
      return 50
    }
    begin(0)
    await take(4)
    await feed.close()
    expect(taken.slice(0, 4)).toEqual(['0 v0', '0 v1', '0 v50', '0 v51'])
    expect(positions).toEqual([2])
  })

  it('brings nothing more of a partition that was revoked, and begins it anew', async () => {
    const { feed, take, taken, begin } = play(async (_, request) =>
      answer(numberOf(request).map((partition) => ({ partition, records: recordsFrom(offsetOf(request, partition)) }))),
    )
    const first = begin(0)
    await take(2)
    first.revoked = true
    const before = taken.length
    begin(0, 100)
    await take(before + 3)
    await feed.close()
    expect(
      taken
        .slice(before)
        .filter((record) => record !== `0 v${before}`)
        .slice(0, 2),
    ).toEqual(['0 v100', '0 v101'])
  })
})
