import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Records } from '../../connectors/records.js'
import type { RawBatch, Source, SourceEvent } from '../../connectors/source.js'
import { type BridgeOptions, bridge, type Loan } from '../../pipelines/bridge.js'
import { turn } from '../../pipelines/turn.js'

const lease = { topic: 't', partition: 0, revoked: false }

const batchOf = (records: number, bytes = records): RawBatch => ({
  kind: 'batch',
  lease,
  records: Records.of(Array.from({ length: records }, (_, offset) => ({ offset, timestamp: 0, key: null, value: null }))),
  bytes,
  lag: 0,
})

/** A source that counts how many batches were asked for. */
class CountingSource implements Source {
  asked = 0
  constructor(private readonly events: readonly SourceEvent[]) {}
  async connect() {}
  async *read() {
    for (const event of this.events) {
      this.asked++
      yield event
    }
  }
  async commit() {}
  async close() {}
}

const options = (records: number, bytes: number, more: Partial<BridgeOptions> = {}): BridgeOptions => ({
  credits: { records, bytes },
  assigned: async () => undefined,
  revoked: () => undefined,
  stop: new AbortController().signal,
  ...more,
})

/** Until the pump waits: it lends one batch in a turn of the event loop. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await turn()
}

describe('bridge', () => {
  it('asks for no further batch while its credits are on loan', async () => {
    const source = new CountingSource(Array.from({ length: 10 }, () => batchOf(4)))
    const loans: Loan[] = []
    bridge(source, options(8, 1000)).subscribe((loan) => loans.push(loan))
    await settle()
    expect(loans).toHaveLength(2)
    loans[0].release()
    loans[0].release()
    await settle()
    expect(loans).toHaveLength(3)
    expect(source.asked).toBe(3)
  })

  it('counts bytes as well as records', async () => {
    const loans: Loan[] = []
    bridge(new CountingSource(Array.from({ length: 5 }, () => batchOf(1, 600))), options(100, 1000)).subscribe((loan) => loans.push(loan))
    await settle()
    expect(loans).toHaveLength(2)
  })

  it('lets one batch through that is larger than all credits', async () => {
    const loans: Loan[] = []
    bridge(new CountingSource([batchOf(50), batchOf(50)]), options(8, 1000)).subscribe((loan) => loans.push(loan))
    await settle()
    expect(loans).toHaveLength(1)
  })

  it('lets the event loop turn between two batches, however many are at hand', async () => {
    let passed = 0
    const source = new CountingSource(Array.from({ length: 50 }, () => batchOf(1)))
    const done = new Promise<void>((resolve, reject) =>
      bridge(source, options(1000, 1000)).subscribe({ next: () => passed++, complete: resolve, error: reject }),
    )
    for (let turns = 1; turns <= 10; turns++) {
      await turn()
      expect(passed).toBeLessThanOrEqual(turns + 1)
    }
    await done
    expect(passed).toBe(50)
  })

  it('completes when the source ends and when it is stopped, without waiting for the source', async () => {
    const stop = new AbortController()
    const endless: Source = {
      connect: async () => undefined,
      commit: async () => undefined,
      close: async () => undefined,
      read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
    }
    await new Promise<void>((resolve, reject) =>
      bridge(new CountingSource([batchOf(1)]), options(8, 8)).subscribe({ complete: resolve, error: reject }),
    )
    const stopped = new Promise<void>((resolve, reject) =>
      bridge(endless, options(8, 8, { stop: stop.signal })).subscribe({ complete: resolve, error: reject }),
    )
    stop.abort()
    await stopped
  })

  it('passes on what the source or an assignment throws', async () => {
    const failing: Source = {
      connect: async () => undefined,
      commit: async () => undefined,
      close: async () => undefined,
      // biome-ignore lint/correctness/useYield: a source that fails at once
      async *read() {
        throw new Error('the disk is gone')
      },
    }
    const fault = (source: Source, more: Partial<BridgeOptions> = {}) =>
      new Promise((resolve, reject) =>
        bridge(source, options(8, 8, more)).subscribe({ error: resolve, complete: () => reject(new Error('completed')) }),
      )
    expect(await fault(failing)).toMatchObject({ message: 'the disk is gone' })
    const assigned: SourceEvent = { kind: 'assigned', lease, committed: undefined, initial: 0, earliest: 0, end: 0, begin: () => undefined }
    const never = new Promise<SourceEvent>(() => undefined)
    const waiting: Source = {
      connect: async () => undefined,
      commit: async () => undefined,
      close: async () => undefined,
      async *read() {
        yield assigned
        yield await never
      },
    }
    const restore = { assigned: async () => Promise.reject(new Error('no state')) }
    expect(await fault(waiting, restore)).toMatchObject({ message: 'no state' })
  })

  it('never has more on loan than its credits and one batch, and loses nothing, whatever the order of returns', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.nat()), async (batches, credits, picks) => {
        const loans: Loan[] = []
        let passed = 0
        let completed = false
        let most = 0
        const largest = Math.max(0, ...batches)
        const onLoan = (records: number) => {
          most = Math.max(most, records)
        }
        bridge(new CountingSource(batches.map((size) => batchOf(size))), options(credits, 1e6, { onLoan })).subscribe({
          next: (loan) => {
            loans.push(loan)
            passed++
          },
          complete: () => {
            completed = true
          },
        })
        for (let i = 0; !completed && i < 200; i++) {
          await settle()
          if (loans.length > 0) loans.splice(picks.next().value % loans.length, 1)[0].release()
        }
        expect(passed).toBe(batches.length)
        expect(most).toBeLessThanOrEqual(credits - 1 + largest)
      }),
      { numRuns: 30 },
    )
  })
})
