import { ArrayMemory } from '../connectors/array-memory.js'
import type { Codec } from '../connectors/codec.js'
import type { Source } from '../connectors/source.js'
import type { GroupNumbers } from '../references/groups.js'
import type { LabelCensus } from '../references/labels.js'
import type { RowChunk } from '../references/rows.js'
import { decode } from './decode.js'
import { Ledger } from './ledger.js'
import type { Pictures } from './pictures.js'
import { ConnectError } from './run.js'
import { newPartition, newStream, type Partition } from './streams.js'

export interface ReferenceRowsOptions {
  readonly source: Source
  readonly codec: Codec
  readonly d: number
  /** Only where records are pictures. */
  readonly pictures?: Pictures | undefined
  /** Numbers the rows' labels, where they are wanted. */
  readonly labels?: LabelCensus | undefined
  /** Numbers the rows' groups, where they are wanted. */
  readonly groups?: GroupNumbers | undefined
  /** Told of every chunk: records read so far, and how many of a chunk's records cannot be used, by reason. */
  onChunk?(records: number, rejected: readonly { readonly reason: string; readonly detail: string }[]): void
}

/** Rows of a finite source, decoded as the monitor will decode them, for a fit. Connects and closes the source. @throws ConnectError */
export async function* referenceRows({
  source,
  codec,
  d,
  pictures,
  labels,
  groups,
  onChunk,
}: ReferenceRowsOptions): AsyncIterable<RowChunk> {
  const partitions = new Map<unknown, Partition>()
  const shape = { d, width: d, window: { size: 1, hop: 1 }, detrend: 0 }
  const toColumns = decode({
    codec,
    d,
    forgetAfter: Number.POSITIVE_INFINITY,
    partition: ({ lease }) => partitions.get(lease)!,
    stream: ({ streams }, name) => {
      const state = streams.get(name) ?? newStream(name, shape, 0)
      streams.set(name, state)
      return state
    },
    now: () => 0,
    memory: new ArrayMemory(),
    labels,
    groups,
  })
  let read = 0
  try {
    await source.connect().catch((error) => {
      throw new ConnectError(error.message, { cause: error })
    })
    for await (const event of source.read()) {
      if (event.kind === 'assigned') {
        partitions.set(event.lease, newPartition(event.lease, new Ledger(event.initial), event.initial, 0))
        event.begin(event.initial)
      }
      if (event.kind !== 'batch') continue
      const records = (await pictures?.embed(event.records)) ?? event.records
      const batch = toColumns({ batch: { ...event, records }, release: () => undefined })
      read += records.length
      onChunk?.(read, batch.rejected)
      const streams = batch.states.map(({ name }) => name)
      const { n, values, stateOf: streamOf, times } = batch
      const labelled = labels && batch.labels && { labels: { census: labels, of: batch.labels } }
      yield {
        n,
        d,
        values,
        streams,
        streamOf,
        times,
        rejected: batch.rejected.length,
        ...labelled,
        ...(batch.groups && { groups: batch.groups }),
      }
    }
  } finally {
    await source.close()
  }
}
