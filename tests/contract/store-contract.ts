import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoreComponent } from '../../connectors/component.js'
import type { PartitionRef } from '../../connectors/source.js'
import type { Round, StateStore, StreamSnapshot } from '../../connectors/store.js'
import { type ContractCase, context } from './registry.js'

export interface StoreCase extends ContractCase {
  /** What one store saved, the next one loads. */
  readonly durable: boolean
  /** Two that the place can keep. */
  readonly partitions: readonly [PartitionRef, PartitionRef]
  /** Options of a store in a place that is empty. */
  options(): Promise<unknown>
}

export const roundOf = (partition: PartitionRef, offset: number, streams: Readonly<Record<string, readonly [number, string]>>): Round => ({
  lease: { ...partition, revoked: false },
  offset,
  streams: new Map(Object.entries(streams).map(([name, [lastOffset, state]]) => [name, snapshot(lastOffset, state)])),
  forgotten: [],
})

const snapshot = (lastOffset: number, state: string): StreamSnapshot => ({ lastOffset, state: new TextEncoder().encode(state) })

/** The partition's state with its bytes as text, easy to compare. */
export async function stateOf(
  store: StateStore,
  partition: PartitionRef,
): Promise<{ offset: number | undefined; streams: Record<string, [number, string]> }> {
  const { offset, streams } = await store.load(partition)
  const entries = [...streams].map(([name, { lastOffset, state }]) => [name, [lastOffset, new TextDecoder().decode(state)]] as const)
  return { offset, streams: Object.fromEntries(entries.map(([name, [lastOffset, state]]) => [name, [lastOffset, state]])) }
}

/** What every store must do. */
export function describeStoreContract(name: string, component: StoreComponent, each: StoreCase): void {
  const { durable, partitions } = each
  const [first, second] = partitions

  describe(`store contract: ${name}`, () => {
    let options: unknown
    let store: StateStore
    /** A store as a new process would make it, not yet connected. */
    const make = () => component.create(component.schema.parse(options), context)
    beforeEach(async () => {
      options = await each.options()
      store = make()
      await store.connect()
    })
    afterEach(() => store.close())

    /** What a new process finds; the same store where state does not outlive it. */
    const restarted = async () => {
      if (!durable) return store
      await store.close()
      store = make()
      await store.connect()
      return store
    }

    it('has nothing at first', async () => {
      expect(await stateOf(store, first)).toEqual({ offset: undefined, streams: {} })
    })

    it('gives back what was saved', async () => {
      await store.save(roundOf(first, 100, { a: [99, 'state of a'], b: [42, ''] }))
      expect(await stateOf(await restarted(), first)).toEqual({ offset: 100, streams: { a: [99, 'state of a'], b: [42, ''] } })
    })

    it('keeps streams that a later round does not name', async () => {
      await store.save(roundOf(first, 100, { a: [99, 'old a'], b: [42, 'b'] }))
      await store.save(roundOf(first, 200, { a: [180, 'new a'], c: [150, 'c'] }))
      expect(await stateOf(await restarted(), first)).toEqual({ offset: 200, streams: { a: [180, 'new a'], b: [42, 'b'], c: [150, 'c'] } })
    })

    it('goes on after a restart without loading first', async () => {
      await store.save(roundOf(first, 100, { a: [99, 'a'] }))
      const next = await restarted()
      await next.save(roundOf(first, 200, { b: [150, 'b'] }))
      expect(await stateOf(await restarted(), first)).toEqual({ offset: 200, streams: { a: [99, 'a'], b: [150, 'b'] } })
    })

    it('keeps the snapshot with the highest lastOffset, whatever a former owner writes late', async () => {
      await store.save(roundOf(first, 200, { a: [180, 'newer'] }))
      await store.save(roundOf(first, 200, { a: [120, 'older'] }))
      expect((await stateOf(await restarted(), first)).streams).toEqual({ a: [180, 'newer'] })
    })

    it('deletes the streams that are forgotten, and takes them in again', async () => {
      await store.save(roundOf(first, 100, { a: [99, 'a'], b: [42, 'b'] }))
      await store.save({ ...roundOf(first, 200, { a: [180, 'new a'] }), forgotten: ['b', 'never there'] })
      expect(await stateOf(await restarted(), first)).toEqual({ offset: 200, streams: { a: [180, 'new a'] } })
      await store.save(roundOf(first, 300, { b: [280, 'b anew'] }))
      expect(await stateOf(await restarted(), first)).toEqual({ offset: 300, streams: { a: [180, 'new a'], b: [280, 'b anew'] } })
    })

    it('saves a marker without streams', async () => {
      await store.save(roundOf(first, 100, { a: [99, 'a'] }))
      await store.save(roundOf(first, 150, {}))
      expect(await stateOf(await restarted(), first)).toEqual({ offset: 150, streams: { a: [99, 'a'] } })
    })

    it('keeps partitions apart', async () => {
      await Promise.all([store.save(roundOf(first, 1, { a: [0, 'first'] })), store.save(roundOf(second, 2, { a: [1, 'second'] }))])
      const next = await restarted()
      expect(await stateOf(next, first)).toEqual({ offset: 1, streams: { a: [0, 'first'] } })
      expect(await stateOf(next, second)).toEqual({ offset: 2, streams: { a: [1, 'second'] } })
    })

    it('keeps streams of any name apart', async () => {
      const names = [
        '',
        ' ',
        '../../etc/passwd',
        '__proto__',
        'constructor',
        'a/b',
        'a\\b',
        'a\nb',
        'A',
        'a',
        'é',
        'e\u0301',
        '😀',
        '0',
        'marker',
        'x'.repeat(256),
      ]
      const streams = new Map(names.map((name, i) => [name, snapshot(i, name)]))
      await store.save({ lease: { ...first, revoked: false }, offset: 100, streams, forgotten: [] })
      const loaded = (await (await restarted()).load(first)).streams
      expect(
        new Map([...loaded].map(([name, { lastOffset, state }]) => [name, `${lastOffset} ${new TextDecoder().decode(state)}`])),
      ).toEqual(new Map(names.map((name, i) => [name, `${i} ${name}`])))
    })

    it('keeps bytes of any value, and of many streams', async () => {
      const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) & 255)
      const streams = new Map(Array.from({ length: 50 }, (_, i) => [`stream-${i}`, { lastOffset: i, state: bytes.subarray(i) }]))
      await store.save({ lease: { ...first, revoked: false }, offset: 50, streams, forgotten: [] })
      const loaded = (await (await restarted()).load(first)).streams
      expect(loaded.size).toBe(50)
      for (const [i, { state }] of [...loaded.values()].entries()) expect(Buffer.compare(state, bytes.subarray(i))).toBe(0)
    })

    it('does not notice what the caller does with its buffers after a save', async () => {
      const state = Buffer.from('as saved')
      await store.save({
        lease: { ...first, revoked: false },
        offset: 5,
        streams: new Map([['a', { lastOffset: 4, state }]]),
        forgotten: [],
      })
      state.fill('x')
      await store.save(roundOf(first, 9, { b: [8, 'b'] }))
      expect((await stateOf(await restarted(), first)).streams.a).toEqual([4, 'as saved'])
    })

    it('closes twice, and without having connected', async () => {
      await store.close()
      await store.close()
      await make().close()
    })
  })
}
