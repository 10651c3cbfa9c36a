import { concatMap, from, interval, mergeMap, type Observable } from 'rxjs'
import { dataMissing } from '../alerts/feed.js'
import type { Outcome } from './batch.js'
import { advanceFeed, type FindingsOptions } from './findings.js'
import type { Partition, StreamState } from './streams.js'
import { turn } from './turn.js'

export interface SilenceOptions extends FindingsOptions {
  /** Wall-clock ms without a record after which a stream's data count as missing; undefined: silence is not watched. */
  readonly noData: number | undefined
  partitions(): Iterable<Partition>
  /** The state of a stream of the partition, brought back where it was evicted. */
  recall(partition: Partition, name: string): StreamState | undefined
  /** Whether records wait unread until the sinks have taken what was read: then nobody can tell who is silent. */
  heldBack(): boolean
  now(): number
}

const LOOK_EVERY = 1000
/** With so many records of a partition unread, those of a stream that seems silent may be among them. */
const BEHIND = 1000
/** Alerts of one partition that open at one look, some 15 µs each: the others open at the next ones. */
const MOST = 500

/**
 * The one thing that data cannot say: that there are none. Looks at the wall clock, opens a feed alert for each stream
 * that fell silent; the next record resolves it. The event stands at the stream's last record, so it repeats identically.
 */
export const silence = (options: SilenceOptions): Observable<Outcome> => {
  const attentive = attention(options)
  return interval(LOOK_EVERY).pipe(
    mergeMap(() => {
      const wasAttentive = attentive()
      return [...options.partitions()].map((partition) => ({ partition, wasAttentive }))
    }),
    concatMap(({ partition, wasAttentive }) => from(turn()).pipe(mergeMap(() => missing(options, partition, wasAttentive)))),
  )
}

/** Whether this process has looked in time: one that was stopped or starved has not seen what came meanwhile. */
const attention = ({ now }: SilenceOptions): (() => boolean) => {
  let last = now()
  return () => {
    const late = now() - last
    last = now()
    return late < 2 * LOOK_EVERY
  }
}

export function missing(options: SilenceOptions, partition: Partition, wasAttentive: boolean): Outcome[] {
  const { noData } = options
  if (noData === undefined || partition.lease.revoked) return []
  if (!wasAttentive || options.heldBack() || partition.unread >= BEHIND) return restart(options, partition)
  const now = options.now()
  const silent = [...silentStreams(partition, noData, now)].slice(0, MOST)
  const events = silent.flatMap((name) => {
    const folded = options.recall(partition, name)?.folded
    if (folded === undefined) return []
    const observation = dataMissing({ offset: folded.offset, time: folded.time })
    copySoon(partition, name)
    const evidence = { trouble: 'data_missing' as const, silenceLimit: noData / 1000 }
    return advanceFeed(options, partition.lease, name, folded.alerts, observation, evidence) ?? []
  })
  if (events.length === 0) return []
  partition.told = true
  return [{ partition, events, rejected: [], arrived: undefined, round: undefined, finish: () => undefined }]
}

/** The stream's state is in the same checkpoint as the event: no record would tell of the silence again. */
function copySoon({ changed, draft }: Partition, name: string): void {
  changed.delete(name)
  changed.add(name)
  draft?.left.push(name)
}

/** Silence counts from now on. */
function restart({ now }: SilenceOptions, { streams, evicted }: Partition): [] {
  for (const stream of streams.values()) stream.seen = now()
  for (const stream of evicted.values()) stream.seen = now()
  return []
}

/** Names of the streams whose silence is news. */
function* silentStreams({ streams, evicted }: Partition, noData: number, now: number): Iterable<string> {
  for (const { name, folded, seen } of streams.values()) {
    if (now - seen >= noData && folded.offset >= 0 && folded.alerts.feed === undefined) yield name
  }
  for (const [name, { seen, vitals }] of evicted) if (now - seen >= noData && vitals.open.every(({ kind }) => kind !== 'feed')) yield name
}
