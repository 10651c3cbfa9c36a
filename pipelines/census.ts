import type { AlertKind, Severity } from '../alerts/severity.js'
import { type StreamStatus, streamStatus } from '../alerts/stream-state.js'
import { isPegged } from '../calibration/alarm.js'
import type { Partition } from './streams.js'

/** How many streams there are, by what they do, and how many alerts are open. */
export interface Census {
  readonly streams: number
  readonly pegged: number
  inState(state: StreamStatus): number
  open(kind: AlertKind, severity: Severity): number
}

/**
 * Counts all streams.
 * @param needed records before every detector can judge a stream
 */
export function takeCensus(partitions: Iterable<Partition>, needed: number): Census {
  const states = new Map<StreamStatus, number>()
  const open = new Map<string, number>()
  const add = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1)
  let streams = 0
  let pegged = 0
  for (const partition of partitions) {
    if (partition.feed.alerts.feed !== undefined) add(open, `feed/${partition.feed.alerts.feed.severity}`)
    for (const { folded } of partition.streams.values()) {
      const { alerts, alarm, count } = folded
      streams++
      if (isPegged(alarm)) pegged++
      for (const [kind, alert] of Object.entries(alerts)) add(open, `${kind}/${alert.severity}`)
      const alarming = alerts.record !== undefined || alerts.drift !== undefined
      add(states, streamStatus({ records: count, needed, alarming, silent: alerts.feed !== undefined }))
    }
  }
  return {
    streams,
    pegged,
    inState: (state) => states.get(state) ?? 0,
    open: (kind, severity) => open.get(`${kind}/${severity}`) ?? 0,
  }
}
