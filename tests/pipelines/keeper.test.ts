import { describe, expect, it } from 'vitest'
import type { Round } from '../../connectors/store.js'
import { takeCensus } from '../../pipelines/census.js'
import { checkpointSome } from '../../pipelines/checkpoint.js'
import { LONGEST_TICK, tick } from '../../pipelines/clock.js'
import type { Keeper } from '../../pipelines/keeper.js'
import { missing, type SilenceOptions } from '../../pipelines/silence.js'
import { encodeStream } from '../../pipelines/snapshot.js'
import type { Partition, StreamState } from '../../pipelines/streams.js'
import { keeperOf, leaseOf, partitionAt } from './builders.js'
import { findings } from './findings.js'

/** A record of the stream at the partition's end goes through the pipeline. */
function record(keeper: Keeper, partition: Partition, name: string, time = 0): StreamState | undefined {
  partition.ahead.time = time
  const state = keeper.stream(partition, name)
  if (state === undefined) return undefined
  Object.assign(state.ahead, { offset: partition.end, count: state.ahead.count + 1, clock: time })
  state.folded.window.push(Float64Array.of(1, partition.end), 0, 1, 0)
  Object.assign(state.folded, { offset: partition.end, count: state.ahead.count, clock: time, time })
  partition.changed.add(name)
  partition.end++
  partition.clock = { offset: partition.end, time }
  return state
}

const known = ({ streams, evicted }: Partition) => streams.size + evicted.size
const held = ({ streams }: Partition) => [...streams.values()].map(({ name }) => name).toSorted()

describe('who keeps the streams', () => {
  it('packs those that had no further record, over all partitions, and brings them back as they were', () => {
    const [first, second] = [partitionAt(), partitionAt(0, 0, leaseOf(1))]
    let time = 0
    const keeper = keeperOf([first, second], { maxHeld: 3, now: () => ++time })
    record(keeper, first, 'a')
    record(keeper, second, 'b')
    record(keeper, first, 'c')
    const before = encodeStream(record(keeper, first, 'a')!, 'r')
    record(keeper, first, 'd')
    expect([held(first), held(second)]).toEqual([['a', 'd'], ['b']])
    for (const name of ['e', 'f', 'g']) record(keeper, second, name)
    expect([...first.evicted.keys()].toSorted()).toEqual(['a', 'c', 'd'])
    expect(keeper.snapshot(first, 'a')).toEqual(before)
    expect(encodeStream(keeper.stream(first, 'a')!, 'r')).toEqual(before)
    expect([known(first), known(second)]).toEqual([3, 4])
  })

  it('packs none that has records in flight, and makes room once they are folded', () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { maxHeld: 2 })
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) keeper.stream(partition, name)!.ahead.offset = i
    expect(partition.streams.size).toBe(4)
    partition.end = 3
    keeper.stream(partition, 'e')
    expect(held(partition)).toEqual(['d', 'e'])
  })

  it('holds 1,000 of 50,000 names that come and go, and forgets those long gone, in the store too', () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { maxHeld: 1000, maxKnown: 10_000, forgetAfter: 8_000_000 })
    const options = { keeper, every: 0, afterAlerts: 0, streams: 500, now: () => 0 }
    const stored = new Set<string>()
    for (let i = 0; i <= 50_000; i++) {
      if (record(keeper, partition, `session-${i}`, 1000 * i) === undefined) expect.fail(`session-${i} is one too many`)
      if (i % 1000 > 0) continue
      let round: Round | undefined
      while (round === undefined) round = checkpointSome(options, partition).round
      for (const name of round.streams.keys()) stored.add(name)
      for (const name of round.forgotten) stored.delete(name)
      expect(partition.streams.size).toBeLessThanOrEqual(1000)
      expect(known(partition)).toBeLessThanOrEqual(9500)
      expect(stored.size).toBeLessThanOrEqual(9500)
    }
    expect(held(partition)).toContain('session-50000')
    expect(known(partition)).toBeGreaterThan(7900)
  })

  it('takes in no more than may be known, and again when one is forgotten', () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { maxHeld: 1, maxKnown: 2, forgetAfter: 1000 })
    for (const name of ['a', 'b']) record(keeper, partition, name)
    expect(record(keeper, partition, 'c')).toBeUndefined()
    expect(record(keeper, partition, 'a', 1000)?.folded.count).toBe(2)
    partition.clock = { offset: partition.end, time: 1001 }
    expect(keeper.forget(partition)).toEqual(['b'])
    expect(record(keeper, partition, 'c', 1001)?.folded.count).toBe(1)
  })

  it('begins a stream anew that was silent for longer than `forgetAfter`, wherever its state lay', () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { maxHeld: 1, forgetAfter: 1000 })
    for (const name of ['a', 'b', 'a', 'b']) record(keeper, partition, name, 7)
    expect(held(partition)).toEqual(['b'])
    expect(record(keeper, partition, 'b', 1008)?.folded.count).toBe(1)
    expect(record(keeper, partition, 'a', 1008)?.folded.count).toBe(1)
  })

  it('tells of open alerts, and of silence, of streams whose state is packed', () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { maxHeld: 1 })
    for (const name of ['a', 'b', 'c']) record(keeper, partition, name)
    const recall = (of: Partition, name: string) => keeper.recall(of, name)
    const options: SilenceOptions = { ...findings, noData: 10, partitions: () => [partition], recall, heldBack: () => false, now: () => 10 }
    const events = missing(options, partition, true).flatMap((outcome) => outcome.events)
    expect(events.map(({ data }) => data.stream).toSorted()).toEqual(['a', 'b', 'c'])
    const census = takeCensus([partition], 1)
    expect(census).toMatchObject({ streams: 3, evicted: 2 })
    expect([census.inState('no_data'), census.open('feed', 'error')]).toEqual([3, 3])
    expect(missing({ ...options, now: () => 20 }, partition, true)).toEqual([])
    record(keeper, partition, 'd')
    expect(checkpointSome({ keeper, every: 0, afterAlerts: 0, streams: 9, now: () => 0 }, partition).round?.streams.size).toBe(5)
  })

  it('counts silence of packed streams from the release of records that were held back', () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { maxHeld: 1 })
    for (const name of ['a', 'b']) record(keeper, partition, name)
    let now = 50
    const recall = (of: Partition, name: string) => keeper.recall(of, name)
    const options = { ...findings, noData: 10, partitions: () => [partition], recall, now: () => now }
    expect(missing({ ...options, heldBack: () => true }, partition, true)).toEqual([])
    now = 59
    expect(missing({ ...options, heldBack: () => false }, partition, true)).toEqual([])
    now = 60
    expect(missing({ ...options, heldBack: () => false }, partition, true)).toHaveLength(1)
  })
})

describe('a stream that begins anew while a checkpoint is made', () => {
  const forgetful = () => {
    const partition = partitionAt()
    const keeper = keeperOf([partition], { forgetAfter: 1000 })
    for (const name of ['a', 'b', 'c']) record(keeper, partition, name)
    partition.clock = { offset: partition.end, time: 1001 }
    record(keeper, partition, 'b', 1001)
    record(keeper, partition, 'c', 1001)
    const options = { keeper, every: 0, afterAlerts: 0, streams: 1, now: () => 0 }
    expect(checkpointSome(options, partition).round).toBeUndefined()
    return { partition, keeper, options }
  }

  it('is not copied before a record is folded, and its old state is deleted', () => {
    const { partition, keeper, options } = forgetful()
    expect(keeper.stream(partition, 'a')).toBeDefined()
    expect(keeper.snapshot(partition, 'a')).toBeUndefined()
    expect(checkpointSome(options, partition).round?.forgotten).toEqual(['a'])
  })

  it('is not deleted when it is copied already', () => {
    const { partition, keeper, options } = forgetful()
    record(keeper, partition, 'a', 1001)
    partition.draft?.left.unshift('a')
    expect(checkpointSome({ ...options, streams: 9 }, partition).round).toMatchObject({ forgotten: [] })
  })
})

describe('the clock of a partition', () => {
  it('follows its records, never back, and no single one far ahead', () => {
    const clockAfter = (...times: number[]) => times.reduce<number | undefined>((clock, time) => tick(clock, time, 100_000), undefined)
    expect(clockAfter(5000)).toBe(5000)
    expect(clockAfter(5000, 5900, 5300)).toBe(5900)
    expect(clockAfter(5000, 9e12)).toBe(5000 + LONGEST_TICK * 100_000)
    expect(clockAfter(5000, 9e12, 5500)).toBe(6000)
  })
})
