import { firstValueFrom } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Graded, Outcome } from '../../pipelines/batch.js'
import { type CheckpointOptions, checkpoint, checkpointSome, overdue } from '../../pipelines/checkpoint.js'
import { decodeStream, PARTITION } from '../../pipelines/snapshot.js'
import type { Partition } from '../../pipelines/streams.js'
import { turn } from '../../pipelines/turn.js'
import { eventsOf, keeperOf, letterAt, partitionAt, shape, streamAt } from './builders.js'

/** A clock that the test moves. */
const clock = (every = 5000, afterAlerts = 1000) => {
  let time = 0
  const options: CheckpointOptions = { keeper: keeperOf(), every, afterAlerts, streams: 2, now: () => time }
  const pass = (ms: number) => {
    time += ms
  }
  return { options, pass }
}

/** What grading leaves of a batch: the stages before a checkpoint read no more of it. */
function gradedUpTo(partition: Partition, end: number, { events = 0, rejected = 0, released = () => {} } = {}): Graded {
  const none = new Float64Array(0)
  const rarity = { a: none, effect: none, detector: new Uint8Array(0) }
  return {
    partition,
    clock: undefined,
    clocks: [],
    n: 0,
    d: 2,
    values: none,
    states: [],
    stateOf: new Int32Array(0),
    times: none,
    offsets: none,
    ids: [],
    rejected: Array.from({ length: rejected }, (_, i) => letterAt(i)),
    arrivals: { n: 0, lost: 0, offsets: none, times: none, rejected: [] },
    end,
    arrived: 5,
    release: released,
    trends: [],
    adapted: [],
    scores: [],
    segments: [],
    sums: none,
    windows: [],
    record: rarity,
    drift: rarity,
    events: events > 0 ? eventsOf('a', events) : [],
    inAlarm: new Uint8Array(0),
    outOfOrder: 0,
  }
}

const change = (partition: Partition, name: string, offset: number) => partition.changed.add(streamAt(partition, name, offset).name)

describe('checkpoint', () => {
  it('comes with the first batch that ends at least `every` after the last one', () => {
    const { options, pass } = clock()
    const partition = partitionAt()
    const stage = checkpoint(options)
    const rounds = [0, 4999, 1, 4999, 1].map((ms, i) => {
      pass(ms)
      return stage(gradedUpTo(partition, i + 1)).round?.offset
    })
    expect(rounds).toEqual([undefined, undefined, 3, undefined, 5])
  })

  it('comes sooner after alerts', () => {
    const { options, pass } = clock()
    const partition = partitionAt()
    const stage = checkpoint(options)
    pass(999)
    expect(stage(gradedUpTo(partition, 1, { events: 1 })).round).toBeUndefined()
    pass(1)
    expect(stage(gradedUpTo(partition, 2)).round?.offset).toBe(2)
    pass(4999)
    expect(stage(gradedUpTo(partition, 3)).round).toBeUndefined()
    expect(stage(gradedUpTo(partition, 4, { events: 1 })).round?.offset).toBe(4)
  })

  it('holds the changed streams as they stand then, each once, and the partition itself', () => {
    const { options, pass } = clock()
    const partition = partitionAt()
    const stage = checkpoint(options)
    change(partition, 'a', 3)
    streamAt(partition, 'quiet', 1)
    pass(5000)
    const { round } = stage(gradedUpTo(partition, 4))
    expect([...round!.streams.keys()]).toEqual([PARTITION, 'a'])
    partition.streams.get('a')!.folded.time = 1
    const kept = decodeStream('a', round!.streams.get('a')!, 'r', shape, 0)
    expect(kept.folded.time).toBe(Date.UTC(2026, 0, 1) + 3000)
    expect(round!.streams.get(PARTITION)!.lastOffset).toBe(3)
    change(partition, 'b', 6)
    pass(5000)
    expect([...stage(gradedUpTo(partition, 7)).round!.streams.keys()]).toEqual([PARTITION, 'b'])
  })

  it('copies many streams in parts, and comes with the batch that completes it', () => {
    const { options, pass } = clock()
    const partition = partitionAt()
    const stage = checkpoint(options)
    for (const [offset, name] of ['a', 'b', 'c', 'd', 'e'].entries()) change(partition, name, offset)
    pass(5000)
    expect(stage(gradedUpTo(partition, 5)).round).toBeUndefined()
    for (const [offset, name] of ['a', 'e'].entries()) change(partition, name, 5 + offset)
    expect(stage(gradedUpTo(partition, 7)).round).toBeUndefined()
    const { round } = stage(gradedUpTo(partition, 8))
    expect(round?.offset).toBe(5)
    expect([...round!.streams.keys()].toSorted()).toEqual([PARTITION, 'a', 'b', 'c', 'd', 'e'])
    expect(round!.streams.get(PARTITION)!.lastOffset).toBe(7)
    pass(5000)
    const next = stage(gradedUpTo(partition, 9)).round
    expect(next?.offset).toBe(9)
    expect([...next!.streams.keys()].toSorted()).toEqual([PARTITION, 'a', 'e'])
  })

  it('finishes a batch by moving the ledger and giving its credits back', () => {
    const partition = partitionAt(10)
    const told: string[] = []
    const stage = checkpoint(clock().options)
    const [first, second] = [15, 20].map((end) => stage(gradedUpTo(partition, end, { released: () => told.push(`released ${end}`) })))
    expect(partition.end).toBe(20)
    second.finish()
    expect(partition.ledger.position).toBe(10)
    first.finish()
    expect(partition.ledger.position).toBe(20)
    expect(told).toEqual(['released 20', 'released 15'])
  })

  it('passes events, dead letters and the time of arrival on', () => {
    const outcome = checkpoint(clock().options)(gradedUpTo(partitionAt(), 9, { events: 2, rejected: 3 }))
    expect(outcome).toMatchObject({ events: [{}, {}], rejected: [{}, {}, {}], arrived: 5 })
  })
})

describe('overdue checkpoints', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }))
  afterEach(() => void vi.useRealTimers())

  const watched = (...partitions: Partition[]) => {
    const options = { keeper: keeperOf(), every: 5000, afterAlerts: 1000, streams: 2, now: Date.now }
    const outcomes: Outcome[] = []
    const subscription = overdue(options, () => partitions).subscribe((outcome) => outcomes.push(outcome))
    return { outcomes, stop: () => subscription.unsubscribe() }
  }

  it('come for partitions that have become quiet, once, and for no others', () => {
    const [busy, idle] = [partitionAt(), partitionAt()]
    const { outcomes, stop } = watched(busy, idle)
    change(busy, 'a', 3)
    busy.end = 4
    vi.advanceTimersByTime(4999)
    expect(outcomes).toEqual([])
    vi.advanceTimersByTime(20_000)
    expect(outcomes.map(({ partition, round }) => [partition === busy, round?.offset])).toEqual([[true, 4]])
    expect(outcomes[0]).toMatchObject({ events: [], rejected: [], arrived: undefined })
    stop()
  })

  it('come too where only records that could not be used moved the offset', () => {
    const partition = partitionAt(10)
    const { outcomes, stop } = watched(partition)
    partition.end = 12
    vi.advanceTimersByTime(20_000)
    expect(outcomes.map(({ round }) => round?.offset)).toEqual([12])
    stop()
  })

  it('come in parts, one in a turn of the event loop, whoever completes them', async () => {
    vi.useRealTimers()
    const options = { keeper: keeperOf(), every: 0, afterAlerts: 1, streams: 1, now: () => 0 }
    const [alone, helped] = [partitionAt(), partitionAt()]
    for (const partition of [alone, helped]) for (const name of ['a', 'b', 'c']) change(partition, name, 0)
    const outcome = await firstValueFrom(overdue(options, () => [alone]))
    expect(outcome.round?.streams.size).toBe(4)
    const others: Outcome[] = []
    const watching = overdue(options, () => [helped]).subscribe((one) => others.push(one))
    while (helped.draft === undefined) await turn()
    while (helped.draft !== undefined) checkpoint(options)(gradedUpTo(helped, helped.end))
    for (let i = 0; i < 20; i++) await turn()
    expect(others).toEqual([])
    watching.unsubscribe()
  })

  it('leave to whoever comes after them what they have begun when they are stopped', async () => {
    vi.useRealTimers()
    const options = { keeper: keeperOf(), every: 0, afterAlerts: 1, streams: 1, now: () => 0 }
    const partition = partitionAt()
    for (const name of ['a', 'b', 'c']) change(partition, name, 0)
    const watching = overdue(options, () => [partition]).subscribe()
    while (partition.draft === undefined) await turn()
    watching.unsubscribe()
    for (let i = 0; i < 20; i++) await turn()
    expect(partition.draft).toMatchObject({ left: ['a', 'b'] })
    expect(checkpointSome(options, partition).round).toBeUndefined()
    expect(checkpointSome(options, partition).round?.streams.size).toBe(4)
  })

  it('wait out a checkpoint that a batch brought', () => {
    const partition = partitionAt()
    const { outcomes, stop } = watched(partition)
    change(partition, 'a', 3)
    vi.advanceTimersByTime(4000)
    checkpointSome({ keeper: keeperOf(), every: 0, afterAlerts: 0, streams: 500, now: Date.now }, partition)
    change(partition, 'a', 4)
    vi.advanceTimersByTime(4500)
    expect(outcomes).toEqual([])
    vi.advanceTimersByTime(1000)
    expect(outcomes).toHaveLength(1)
    stop()
  })
})
