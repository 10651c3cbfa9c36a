import { type AlertKind, isAnomaly, type Severity } from '../alerts/severity.js'
import { type StreamStatus, streamStatus } from '../alerts/stream-state.js'
import type { Partition } from './streams.js'
import { type OpenAlert, openOf, type Vitals, vitalsOf } from './vitals.js'

/** How many streams there are, by what they do, and how many alerts are open. */
export interface Census {
  /** Of the streams, `evicted` ones are packed away. */
  readonly streams: number
  readonly evicted: number
  readonly pegged: number
  /** The largest distance of a slow copy from the fitted reference. */
  readonly adaptedBy: number
  inState(state: StreamStatus): number
  open(kind: AlertKind, severity: Severity): number
}

/** Is told of every stream that is counted. */
export type CensusListener = (stream: string, status: StreamStatus, open: readonly OpenAlert[]) => void

/**
 * Counts all streams.
 * @param needed records before every detector can judge a stream
 */
export function takeCensus(partitions: Iterable<Partition>, needed: number, told: CensusListener = () => undefined): Census {
  const states = new Map<StreamStatus, number>()
  const open = new Map<string, number>()
  const add = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1)
  const addOpen = (alerts: readonly OpenAlert[]) => {
    for (const { kind, severity } of alerts) add(open, `${kind}/${severity}`)
  }
  let [streams, evicted, pegged, adaptedBy] = [0, 0, 0, 0]
  const count = (stream: string, vitals: Vitals) => {
    streams++
    if (vitals.pegged) pegged++
    adaptedBy = Math.max(adaptedBy, vitals.adaptedBy)
    addOpen(vitals.open)
    const status = statusOf(vitals, needed)
    add(states, status)
    told(stream, status, vitals.open)
  }
  for (const partition of partitions) {
    addOpen(openOf(partition.feed.alerts))
    for (const state of partition.streams.values()) count(state.name, vitalsOf(state))
    for (const [name, { vitals }] of partition.evicted) count(name, vitals)
    evicted += partition.evicted.size
  }
  return {
    streams,
    evicted,
    pegged,
    adaptedBy,
    inState: (state) => states.get(state) ?? 0,
    open: (kind, severity) => open.get(`${kind}/${severity}`) ?? 0,
  }
}

const statusOf = ({ records, open }: Vitals, needed: number): StreamStatus =>
  streamStatus({
    records,
    needed,
    alarming: open.some(({ kind }) => isAnomaly(kind)),
    silent: open.some(({ kind }) => kind === 'feed'),
  })
