import { composeAnomaly } from '../../alerts/compose.js'
import type { AlertEvent } from '../../alerts/event.js'
import { type RawRecord, Records } from '../../connectors/records.js'
import type { DeadLetter } from '../../connectors/sink.js'
import type { Lease, RawBatch } from '../../connectors/source.js'
import type { Round, StateStore, StoredState } from '../../connectors/store.js'
import type { Outcome } from '../../pipelines/batch.js'
import { Keeper, type KeeperOptions } from '../../pipelines/keeper.js'
import { Ledger } from '../../pipelines/ledger.js'
import { newPartition, newStream, type Partition, type StreamShape, type StreamState } from '../../pipelines/streams.js'
import { bar, evidence, live, seen, source } from '../alerts/builders.js'

export interface TestLease extends Lease {
  revoked: boolean
}

export const leaseOf = (partition = 0): TestLease => ({ topic: 'input', partition, revoked: false })

export const shape: StreamShape = { d: 2, width: 2, window: { size: 4, hop: 2 }, detrend: 0 }

/** A partition whose first record is at `start`; what lies before `silentUntil` was delivered by an earlier run. */
export const partitionAt = (start = 0, silentUntil = start, lease: Lease = leaseOf()): Partition =>
  newPartition(lease, new Ledger(start), silentUntil, 0)

/** A stream of the partition, as it stands after its record at `offset`. */
export function streamAt(partition: Partition, name: string, offset = 0, of: StreamShape = shape): StreamState {
  const state = newStream(name, of, 0)
  state.ahead.offset = state.folded.offset = offset
  state.ahead.count = state.folded.count = offset + 1
  state.folded.time = Date.UTC(2026, 0, 1) + 1000 * offset
  partition.streams.set(name, state)
  return state
}

/** Who keeps the partitions' streams: on the heap, as though there were room for all, where nothing else is said. */
export function keeperOf(partitions: readonly Partition[] = [], changes: Partial<KeeperOptions> = {}): Keeper {
  const options = { shape, referenceVersion: 'r', maxHeld: 1000, maxKnown: 1000, forgetAfter: 1e9, now: () => 0, ...changes }
  const keeper = new Keeper(options)
  for (const partition of partitions) keeper.adopt(partition)
  return keeper
}

export const batchOf = (lease: Lease, records: readonly RawRecord[], bytes = 0, lag = 0): RawBatch => ({
  kind: 'batch',
  lease,
  records: Records.of(records),
  bytes,
  lag,
})

/** The alert events of a stream in their order: opened, then one update a minute. */
export function eventsOf(stream: string, count = 1): AlertEvent[] {
  const of = { ...source, stream }
  const { changes } = live([seen(0, 'opened'), ...Array.from({ length: count - 1 }, (_, i) => seen(60 * (i + 1), 'sustained'))], of)
  return changes.map((change) => composeAnomaly(of, change, { evidence: evidence(), severityScore: 0.4, contributions: [], bar }))
}

export const letterAt = (offset: number): DeadLetter => ({
  origin: { topic: 'input', partition: 0, offset },
  reason: 'undecodable',
  detail: 'is no JSON',
  timestamp: 0,
  key: null,
  value: Buffer.from('{'),
})

export const outcomeOf = (partition: Partition, changes: Partial<Outcome> = {}): Outcome => ({
  partition,
  events: [],
  rejected: [],
  round: undefined,
  arrived: undefined,
  finish: () => undefined,
  ...changes,
})

export const storeOf = (stored: StoredState, saved: Round[] = []): StateStore => ({
  connect: async () => undefined,
  load: async () => stored,
  save: async (round) => void saved.push(round),
  close: async () => undefined,
})

/** A promise and what settles it. */
export function gate<Value = void>(): { readonly promise: Promise<Value>; open(value: Value): void; fail(error: Error): void } {
  let open!: (value: Value) => void
  let fail!: (error: Error) => void
  const promise = new Promise<Value>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { promise, open, fail }
}
