import { interval, mergeMap, type Observable } from 'rxjs'
import { dataMissing } from '../alerts/feed.js'
import type { Outcome } from './batch.js'
import { advanceFeed, type FindingsOptions } from './findings.js'
import type { Partition, StreamState } from './streams.js'

export interface SilenceOptions extends FindingsOptions {
  /** Wall-clock ms without a record after which a stream's data count as missing; undefined: silence is not watched. */
  readonly noData: number | undefined
  partitions(): Iterable<Partition>
  now(): number
}

const LOOK_EVERY = 1000

/**
 * The one thing that data cannot say: that there are none. Looks at the wall clock, opens a feed alert for each stream
 * that fell silent; the next record resolves it. The event stands at the stream's last record, so it repeats identically.
 */
export const silence = (options: SilenceOptions): Observable<Outcome> =>
  interval(LOOK_EVERY).pipe(mergeMap(() => [...options.partitions()].flatMap((partition) => missing(options, partition))))

export function missing(options: SilenceOptions, partition: Partition): Outcome[] {
  const { noData } = options
  if (noData === undefined || partition.lease.revoked) return []
  const silent = [...partition.streams.values()].filter((state) => isSilent(state, noData, options.now()))
  const events = silent.flatMap((state) => {
    const { folded, name } = state
    const observation = dataMissing({ offset: folded.offset, time: folded.time })
    partition.changed.add(state)
    const evidence = { trouble: 'data_missing' as const, silenceLimit: noData / 1000 }
    return advanceFeed(options, partition.lease, name, folded.alerts, observation, evidence) ?? []
  })
  if (events.length === 0) return []
  return [{ partition, events, rejected: [], arrived: undefined, round: undefined, finish: () => undefined }]
}

const isSilent = ({ folded, seen }: StreamState, noData: number, now: number): boolean =>
  folded.count > 0 && folded.alerts.feed === undefined && now - seen >= noData
