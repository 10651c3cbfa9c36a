import { expect, it } from 'vitest'
import type { PartitionName, Sink, StandingAlert } from '../../connectors/sink.js'
import type { StateStore } from '../../connectors/store.js'
import { checkpointSome } from '../../pipelines/checkpoint.js'
import { Partitions } from '../../pipelines/partitions.js'
import { besideOf, PARTITION } from '../../pipelines/snapshot.js'
import { Standing } from '../../pipelines/standing.js'
import type { Partition } from '../../pipelines/streams.js'
import { Versions } from '../../pipelines/versions.js'
import { live, seen, source } from '../alerts/builders.js'
import { keeperOf, leaseOf, partitionAt, shape, storeOf, streamAt } from './builders.js'

/** A sink that notes what it hears, and has something to note itself. */
class Listener implements Sink {
  readonly heard: [partition: number, open: readonly StandingAlert[], notes: string | undefined][] = []
  note: string | undefined

  constructor(readonly name: string) {}

  async connect(): Promise<void> {}
  async write(): Promise<void> {}
  async close(): Promise<void> {}
  adopt({ partition }: PartitionName, open: readonly StandingAlert[], notes: string | undefined): void {
    this.heard.push([partition, open, notes])
  }
  notes(): string | undefined {
    return this.note
  }
}

const versions = (now: number) => new Versions({ reference: 'r1', configuration: 'c1' }, () => now)

const deaf: Sink = { name: 'deaf', connect: async () => undefined, write: async () => undefined, close: async () => undefined }

function openAlert() {
  const { state } = live([seen(7, 'opened')], { ...source, stream: 'x' })
  if (state === undefined) throw new Error('the alert did not open')
  return state
}

/** Streams with open alerts, of which the first is packed away, and an alert of the partition as a whole. */
function partitionInAlarm(): { readonly partition: Partition; readonly keeper: ReturnType<typeof keeperOf> } {
  const lease = leaseOf(2)
  const partition = partitionAt(0, 0, lease)
  const keeper = keeperOf([partition], { maxHeld: 2 })
  for (const name of ['a', 'b', 'quiet']) {
    const state = streamAt(partition, name, 3)
    if (name !== 'quiet') state.folded.alerts.record = { ...openAlert(), id: `alert-${name}`, peak: 'critical' }
    partition.streams.delete(name)
    keeper.hold(partition, state)
    partition.end = 4
    partition.changed.add(name)
  }
  partition.feed = { ...partition.feed, alerts: { feed: { ...openAlert(), id: 'alert-feed' } } }
  return { partition, keeper }
}

it('sinks hear of every alert that is open on a partition that comes, packed away or not, and of what they noted before', async () => {
  const { partition, keeper } = partitionInAlarm()
  expect([...partition.evicted.keys()]).toEqual(['a'])
  const [one, other] = [new Listener('one'), new Listener('other')]
  const standing = new Standing('payments', [one, deaf, other], versions(0))
  one.note = '{"told":["alert-a"]}'
  const { round } = checkpointSome({ keeper, every: 0, afterAlerts: 0, streams: 500, now: () => 0 }, partition)
  const saved = standing.noted(round!)
  expect(besideOf(saved.streams.get(PARTITION)).notes).toEqual({ one: one.note })
  expect([...saved.streams.keys()]).toEqual([...round!.streams.keys()])

  const store: StateStore = storeOf({ offset: saved.offset, streams: saved.streams })
  const partitions = new Partitions({
    store,
    shape,
    referenceVersion: 'r',
    keeper: keeperOf([], { maxHeld: 1 }),
    now: () => 0,
    adopted: (restored, found) => standing.adopt(restored, found),
    dropped: (lost) => standing.release(lost),
  })
  await partitions.adopt({ kind: 'assigned', lease: leaseOf(2), committed: 4, initial: 0, earliest: 0, end: 4, begin: () => undefined })
  const [[number, open, notes]] = one.heard
  expect([number, notes]).toEqual([2, one.note])
  expect(other.heard[0][2]).toBeUndefined()
  const known = { monitor: 'payments', since: '2026-01-01T00:00:07.000Z' }
  expect(open.toSorted((a, b) => (a.alertId < b.alertId ? -1 : 1))).toMatchObject([
    { ...known, alertId: 'alert-a', dedupKey: 'payments/a/record', stream: 'a', kind: 'record', peakSeverity: 'critical' },
    { ...known, alertId: 'alert-b', dedupKey: 'payments/b/record', stream: 'b', kind: 'record' },
    { ...known, alertId: 'alert-feed', dedupKey: 'payments/input[2]/feed', stream: 'input[2]', kind: 'feed' },
  ])
})

it('what took the place of another reference or configuration is known after restarts, since when and what was there before', () => {
  const { partition, keeper } = partitionInAlarm()
  const { round } = checkpointSome({ keeper, every: 0, afterAlerts: 0, streams: 500, now: () => 0 }, partition)
  if (round === undefined) throw new Error('there is no round')
  let stored = besideOf(round.streams.get(PARTITION))
  const started = (now: number, reference: string, configuration: string) => {
    const known = new Versions({ reference, configuration }, () => now)
    const standing = new Standing('payments', [], known)
    standing.adopt(partition, { alerts: [], ...stored })
    stored = besideOf(standing.noted(round).streams.get(PARTITION))
    return known.changes()
  }
  expect(started(100, 'r1', 'c1')).toEqual([])
  const configured = { what: 'configuration', before: 'c1', version: 'c2', at: 200 }
  expect(started(200, 'r1', 'c2')).toEqual([configured])
  expect(started(300, 'r1', 'c2')).toEqual([configured])
  expect(started(400, 'r2', 'c2')).toEqual([configured, { what: 'reference', before: 'r1', version: 'r2', at: 400 }])
})

it('of replicas that are replaced one after the other the first tells since when', () => {
  const { partition } = partitionInAlarm()
  const late = versions(500)
  const standing = new Standing('payments', [], late)
  standing.adopt(partition, { alerts: [], notes: {}, versions: { reference: 'r1', configuration: 'c0', changes: [] } })
  const change = { what: 'configuration', before: 'c0', version: 'c1', at: 300 } as const
  standing.adopt(partition, { alerts: [], notes: {}, versions: { reference: 'r1', configuration: 'c1', changes: [change] } })
  expect(late.changes()).toEqual([change])
})
