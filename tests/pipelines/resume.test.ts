import { describe, expect, it } from 'vitest'
import type { Assigned } from '../../connectors/source.js'
import type { StoredState } from '../../connectors/store.js'
import { checkpointSome } from '../../pipelines/checkpoint.js'
import { newClock } from '../../pipelines/clock.js'
import { Partitions, type PartitionsOptions } from '../../pipelines/partitions.js'
import { resume } from '../../pipelines/resume.js'
import { encodePartition, encodeStream, PARTITION } from '../../pipelines/snapshot.js'
import { newFeed, type Partition } from '../../pipelines/streams.js'
import { seen } from '../alerts/builders.js'
import { gate, keeperOf, leaseOf, partitionAt, shape, storeOf, streamAt } from './builders.js'

interface Place {
  readonly committed?: number | undefined
  readonly initial?: number
  readonly earliest?: number
  readonly end?: number
}

const assignedAt = ({ committed, initial = 40, earliest = 0, end = 100 }: Place, begun: number[] = []) => {
  const lease = leaseOf()
  return { kind: 'assigned', lease, committed, initial, earliest, end, begin: (offset) => void begun.push(offset) } satisfies Assigned
}

const nothing: StoredState = { offset: undefined, streams: new Map() }

describe('where reading goes on', () => {
  it.each([
    ['from the configured start when nothing is known', {}, undefined, 40, 40],
    ['from the commit', { committed: 60 }, undefined, 60, 60],
    ['from the marker', {}, 55, 55, 55],
    ['from where both agree', { committed: 60 }, 60, 60, 60],
    ['from the marker that is behind, silent up to the commit', { committed: 60 }, 50, 50, 60],
    ['from the commit that is behind, silent up to the marker', { committed: 50 }, 60, 50, 60],
    ['from the very beginning, which is no "nothing"', { committed: 0 }, 0, 0, 0],
    ['from the end when all is done', { committed: 100 }, 100, 100, 100],
  ])('%s', (_, place, marker, start, silentUntil) => {
    expect(resume(assignedAt(place), { ...nothing, offset: marker }, newFeed())).toEqual({ start, silentUntil, gap: false })
  })

  it.each([
    ['the marker', { committed: 10 }, 30],
    ['the commit', { committed: 30 }, 10],
  ])('shows a gap when retention removed what was not read, by %s', (_, place, marker) => {
    expect(resume(assignedAt({ ...place, earliest: 20 }), { ...nothing, offset: marker }, newFeed())).toMatchObject({
      start: 10,
      gap: true,
    })
  })

  it('is no gap when all that is missing was folded', () => {
    expect(resume(assignedAt({ committed: 20, earliest: 20 }), { ...nothing, offset: 20 }, newFeed()).gap).toBe(false)
  })

  it('is silent up to what the partition as a whole reflects: that was delivered, though the round was begun before it', () => {
    const folded = (offset: number) => ({ ...newFeed(), offset })
    expect(resume(assignedAt({ committed: 50 }), { ...nothing, offset: 50 }, folded(59))).toMatchObject({ start: 50, silentUntil: 60 })
    expect(resume(assignedAt({ committed: 70 }), { ...nothing, offset: 50 }, folded(59))).toMatchObject({ start: 50, silentUntil: 70 })
  })

  it('bears that a former owner finished more than the log held when its end was looked up', () => {
    expect(resume(assignedAt({ committed: 100 }), { ...nothing, offset: 120 }, newFeed())).toMatchObject({ start: 100, silentUntil: 120 })
  })

  it.each([
    ['marker', {}, 101],
    ['commit', { committed: 101 }, undefined],
  ])('refuses an input that ends before the %s, with the mend', (_, place, marker) => {
    expect(() => resume(assignedAt(place), { ...nothing, offset: marker }, newFeed())).toThrow(
      /the input ends at offset 100, but work up to offset 101 .* Delete the state/,
    )
  })
})

describe('the partitions that are owned', () => {
  const options = (stored: StoredState, changes: Partial<PartitionsOptions> = {}): PartitionsOptions => ({
    store: storeOf(stored),
    shape,
    referenceVersion: 'r1',
    keeper: keeperOf([], { referenceVersion: 'r1' }),
    now: () => 7,
    adopted: () => undefined,
    dropped: () => undefined,
    ...changes,
  })

  /** A stored stream with an open alert and two records in its window. */
  const storedStream = (reference = 'r1') => {
    const state = streamAt(partitionAt(), 'a', 29)
    state.folded.window.push(Float64Array.of(1, 2), 0, 2, 0)
    state.folded.alerts.record = { ...alert }
    return new Map([['a', encodeStream(state, reference)]])
  }

  it('restores the streams before any record comes, and begins at the right place', async () => {
    const adopted: Partition[] = []
    const begun: number[] = []
    const stored = { offset: 30, streams: storedStream() }
    const partitions = new Partitions(options(stored, { adopted: (partition) => adopted.push(partition) }))
    await partitions.adopt(assignedAt({ committed: 35 }, begun))
    expect(begun).toEqual([30])
    expect(adopted).toHaveLength(1)
    expect(adopted[0]).toMatchObject({ silentUntil: 35, end: 30 })
    expect(adopted[0].streams.get('a')).toMatchObject({ seen: 7, ahead: { offset: 29, count: 30 } })
    expect([...partitions.all()]).toEqual(adopted)
  })

  it('keeps open alerts over a gap, but no window that would span it', async () => {
    const adopted: Partition[] = []
    const stored = { offset: 30, streams: storedStream() }
    const partitions = new Partitions(options(stored, { adopted: (partition) => adopted.push(partition) }))
    await partitions.adopt(assignedAt({ committed: 30, earliest: 50 }))
    const state = adopted[0].streams.get('a')
    expect(state?.folded.alerts.record?.id).toBe('a1')
    expect(state?.folded).toMatchObject({ count: 0, offset: 29 })
    expect(state?.folded.window.state()).toMatchObject({ closed: 0, open: 0 })
  })

  it.each(['before its state came', 'while its streams were restored'])('never begins with a partition that was lost %s', async (when) => {
    const loading = gate<StoredState>()
    const assigned = assignedAt({})
    const begun: number[] = []
    const many = new Map(Array.from({ length: 501 }, (_, i) => [`s${i}`, storedStream().get('a')!]))
    const store = { ...storeOf(nothing), load: () => loading.promise }
    const partitions = new Partitions(options(nothing, { store }))
    const adopting = partitions.adopt({ ...assigned, begin: (offset) => void begun.push(offset) })
    if (when === 'before its state came') assigned.lease.revoked = true
    loading.open({ offset: 30, streams: many })
    await Promise.resolve()
    await Promise.resolve()
    assigned.lease.revoked = true
    await adopting
    expect(begun).toEqual([])
    expect([...partitions.all()]).toEqual([])
  })

  it('says which state of which partition cannot be read', async () => {
    const streams = new Map([['a"b', { lastOffset: 3, state: Buffer.from('nonsense that is no state') }]])
    await expect(new Partitions(options({ offset: 30, streams })).adopt(assignedAt({}))).rejects.toThrow(
      /^input\/0: the stored state of stream "a\\"b" cannot be read .* delete the state of this monitor/,
    )
    const whole = new Map([[PARTITION, { lastOffset: 3, state: Buffer.from([1]) }]])
    await expect(new Partitions(options({ offset: 30, streams: whole })).adopt(assignedAt({}))).rejects.toThrow(
      /^input\/0: the stored state of the partition as a whole cannot be read/,
    )
  })

  it('passes on why the state cannot be loaded', async () => {
    const store = { ...storeOf(nothing), load: () => Promise.reject(new Error('the disk is gone')) }
    await expect(new Partitions(options(nothing, { store })).adopt(assignedAt({}))).rejects.toThrow('the disk is gone')
  })

  it('gives every store an offset that it can keep, also of a partition from which nothing was read', () => {
    const partition = partitionAt(0)
    expect(encodePartition({ ...partition, before: newClock }, 0).lastOffset).toBe(0)
    const { round } = checkpointSome({ keeper: keeperOf(), every: 0, afterAlerts: 0, streams: 500, now: () => 0 }, partition)
    expect([...(round?.streams.values() ?? [])].map(({ lastOffset }) => lastOffset)).toEqual([0])
  })
})

const { grade, at, detectors } = seen(0, 'opened')
const alert = {
  id: 'a1',
  cause: 'alarm',
  severity: grade.severity,
  severityReason: grade.reason,
  steps: grade.steps,
  peak: grade.severity,
  opened: at,
  sequence: 1,
  lastEvent: at.time,
  below: 0,
  detectors,
  worst: [],
} as const
