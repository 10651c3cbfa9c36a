import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { serialise } from '../../alerts/compose.js'
import type { Outcome } from '../../pipelines/batch.js'
import { grade } from '../../pipelines/grade.js'
import { type SilenceOptions, silence } from '../../pipelines/silence.js'
import { decodeStream, encodeStream } from '../../pipelines/snapshot.js'
import type { Partition } from '../../pipelines/streams.js'
import { turn } from '../../pipelines/turn.js'
import { leaseOf, partitionAt, shape } from './builders.js'
import { calibratedOf, findings, grading } from './findings.js'

const noData = 10_000

/** Lets the wall clock go on, second by second, with all that follows from it. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    vi.advanceTimersByTime(Math.min(left, 1000))
    for (let i = 0; i < 3; i++) await turn()
  }
}

/** A partition whose streams have sent their last record at ms 0 of the wall clock. */
function partitionOf(...streams: string[]): Partition {
  const partition = partitionAt()
  grade(grading)(
    calibratedOf(
      partition,
      streams.map((stream) => ({ stream })),
    ),
  )
  partition.changed.clear()
  return partition
}

describe('silence', () => {
  const outcomes: Outcome[] = []
  beforeEach(() => {
    outcomes.length = 0
    vi.useFakeTimers({ now: 0, toFake: ['Date', 'setInterval', 'clearInterval'] })
  })
  afterEach(() => void vi.useRealTimers())

  const watch = (partitions: readonly Partition[], changes: Partial<SilenceOptions> = {}) => {
    const recall = ({ streams }: Partition, name: string) => streams.get(name)
    const options = { ...findings, noData, partitions: () => partitions, recall, heldBack: () => false, now: Date.now, ...changes }
    return silence(options).subscribe((outcome) => outcomes.push(outcome))
  }
  const told = () => outcomes.flatMap(({ events }) => events.map(({ data }) => `${data.stream} ${data.transition} ${data.reason}`))

  it('opens one alert for each stream that sends nothing for so long, at the stream’s last record', async () => {
    const partition = partitionOf('a', 'b')
    partition.streams.get('b')!.seen = 4000
    const watching = watch([partition])
    await pass(9999)
    expect(told()).toEqual([])
    await pass(1)
    expect(told()).toEqual(['a opened data_missing'])
    await pass(120_000)
    expect(told()).toEqual(['a opened data_missing', 'b opened data_missing'])
    const [{ events, rejected, round, arrived }] = outcomes
    expect({ rejected, round, arrived }).toEqual({ rejected: [], round: undefined, arrived: undefined })
    expect(events[0].data).toMatchObject({
      kind: 'feed',
      severity: 'error',
      origin: { topic: 'input', partition: 0, offset: 0 },
      evidence: { trouble: 'data_missing', silenceLimit: 10 },
    })
    expect([...partition.changed]).toEqual(['a', 'b'])
    watching.unsubscribe()
  })

  it('says the same, byte for byte, after a restart that had not saved it, and nothing after one that had', async () => {
    const partition = partitionOf('a')
    const unsaved = encodeStream(partition.streams.get('a')!, 'r1')
    const before = watch([partition])
    await pass(10_000)
    before.unsubscribe()
    const saved = encodeStream(partition.streams.get('a')!, 'r1')
    for (const snapshot of [unsaved, saved]) {
      const restarted = partitionAt(1)
      restarted.streams.set('a', decodeStream('a', snapshot, 'r1', shape, Date.now()))
      const watching = watch([restarted])
      await pass(30_000)
      watching.unsubscribe()
    }
    const events = outcomes.flatMap((outcome) => outcome.events.map(serialise))
    expect(events).toHaveLength(2)
    expect(events[1]).toBe(events[0])
  })

  it('watches a stream again whose state came from another reference', async () => {
    const state = encodeStream(partitionOf('a').streams.get('a')!, 'r0')
    const partition = partitionAt(1)
    partition.streams.set('a', decodeStream('a', state, 'r1', shape, 0))
    const watching = watch([partition])
    await pass(10_000)
    expect(told()).toEqual(['a opened data_missing'])
    watching.unsubscribe()
  })

  it('cannot tell while records are held back, and counts from their release', async () => {
    let heldBack = true
    const partition = partitionOf('a')
    const watching = watch([partition], { heldBack: () => heldBack })
    await pass(60_000)
    heldBack = false
    await pass(9000)
    expect(told()).toEqual([])
    await pass(1000)
    expect(told()).toEqual(['a opened data_missing'])
    watching.unsubscribe()
  })

  it('cannot tell while much is unread, and counts from when it was read', async () => {
    const partition = partitionOf('a')
    partition.unread = 1000
    const watching = watch([partition])
    await pass(60_000)
    partition.unread = 0
    await pass(9000)
    expect(told()).toEqual([])
    await pass(1000)
    expect(told()).toEqual(['a opened data_missing'])
    watching.unsubscribe()
  })

  it('cannot tell of the time for which the process itself stood still', async () => {
    const watching = watch([partitionOf('a')])
    await pass(1000)
    vi.setSystemTime(60_000)
    await pass(10_000)
    expect(told()).toEqual([])
    await pass(1000)
    expect(told()).toEqual(['a opened data_missing'])
    watching.unsubscribe()
  })

  it('tells of very many in parts, look by look', async () => {
    const names = Array.from({ length: 700 }, (_, i) => `s${i}`)
    const watching = watch([partitionOf(...names)])
    await pass(10_000)
    expect(told()).toHaveLength(500)
    await pass(5000)
    expect(told().toSorted()).toEqual(names.map((name) => `${name} opened data_missing`).toSorted())
    watching.unsubscribe()
  })

  it('says nothing of partitions that have another owner, nor where it is not watched', async () => {
    const lease = { ...leaseOf(), revoked: true }
    const watching = watch([{ ...partitionOf('a'), lease }])
    watching.add(watch([partitionOf('a')], { noData: undefined }))
    await pass(60_000)
    expect(outcomes).toEqual([])
    watching.unsubscribe()
  })
})
