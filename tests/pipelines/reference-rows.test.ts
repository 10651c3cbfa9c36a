import { describe, expect, it } from 'vitest'
import { type RawRecord, Records } from '../../connectors/records.js'
import type { Source, SourceEvent } from '../../connectors/source.js'
import { referenceRows } from '../../pipelines/reference-rows.js'
import { ConnectError } from '../../pipelines/run.js'
import { leaseOf } from './builders.js'
import { codecOf } from './lives.js'
import { d } from './reference.js'

const record = (offset: number, stream: string, values: readonly number[]): RawRecord => ({
  offset,
  timestamp: Date.UTC(2026, 0, 1) + offset,
  key: Buffer.from(stream),
  value: Buffer.from(Float64Array.from(values).buffer),
})

/** A source of one partition with the given batches. */
function sourceOf(batches: readonly (readonly RawRecord[])[], closed: string[] = []): Source {
  const lease = leaseOf()
  return {
    connect: async () => undefined,
    commit: async () => undefined,
    close: async () => void closed.push('closed'),
    async *read(): AsyncIterable<SourceEvent> {
      yield {
        kind: 'assigned',
        lease,
        committed: 7,
        initial: 3,
        earliest: 0,
        end: 9,
        begin: (offset) => void closed.push(`from ${offset}`),
      }
      for (const records of batches) yield { kind: 'batch', lease, records: Records.of(records), bytes: 0, lag: 0 }
      yield { kind: 'revoked', lease }
    },
  }
}

describe('rows for a fit', () => {
  it('are what the monitor would decode, from the configured start, streams and rejected records apart', async () => {
    const told: string[] = []
    const batches = [[record(3, 'a', [1, 2, 3]), record(4, 'b', [4, 5, 6]), record(5, 'a', [7])], [record(6, 'a', [8, 9, 10])]]
    const chunks: string[] = []
    const onChunk = (records: number, rejected: readonly { readonly reason: string }[]) =>
      told.push(`${records} ${rejected.map(({ reason }) => reason)}`)
    for await (const { n, values, streams, streamOf, rejected } of referenceRows({
      source: sourceOf(batches, told),
      codec: codecOf('float64'),
      d,
      onChunk,
    }))
      chunks.push(
        `${values.subarray(0, n * d)} ${Array.from(streamOf)
          .slice(0, n)
          .map((i) => streams[i])} ${rejected}`,
      )
    expect(chunks).toEqual(['1,2,3,4,5,6 a,b 1', '8,9,10 a 0'])
    expect(told).toEqual(['from 3', '3 dimension', '4 ', 'closed'])
  })

  it('say when the source cannot be reached, and close it', async () => {
    const told: string[] = []
    const source = { ...sourceOf([], told), connect: () => Promise.reject(new Error('no broker at a:1')) }
    const error = await referenceRows({ source, codec: codecOf('float64'), d })
      [Symbol.asyncIterator]()
      .next()
      .catch((fault) => fault)
    expect(error).toBeInstanceOf(ConnectError)
    expect(error.message).toBe('no broker at a:1')
    expect(told).toEqual(['closed'])
  })
})
