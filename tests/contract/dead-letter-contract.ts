import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeadLetterComponent } from '../../connectors/component.js'
import { type DeadLetter, type DeadLetterSink, deadLetterReasons } from '../../connectors/sink.js'
import { type ContractCase, context } from './registry.js'
import { failure } from './sink-contract.js'

/** A receiver of dead letters, empty at first. */
export interface LetterReceiver {
  /** Options of a sink to it. */
  readonly options: unknown
  /** The letters that it holds for good, as a reader finds them, in order. */
  received(): Promise<readonly DeadLetter[]>
}

export interface DeadLetterCase extends ContractCase {
  receiver(): Promise<LetterReceiver>
}

const letter = (offset: number, rest: Partial<DeadLetter> = {}): DeadLetter => ({
  origin: { topic: 'features', partition: 1, offset },
  reason: 'undecodable',
  detail: 'the value is not JSON:\n"\u2028"',
  timestamp: Date.UTC(2026, 0, 1),
  key: Buffer.from('k'),
  value: Buffer.from([0, 255, 10]),
  ...rest,
})

const text = fc.string({ unit: 'binary', maxLength: 50 })
const bytes = fc.option(fc.uint8Array({ maxLength: 100 }).map((each) => Buffer.from(each)))
const anyLetter: fc.Arbitrary<DeadLetter> = fc.record({
  origin: fc.record({ topic: text, partition: fc.nat(), offset: fc.maxSafeNat() }),
  reason: fc.constantFrom(...deadLetterReasons),
  detail: text,
  timestamp: fc.maxSafeInteger(),
  key: bytes,
  value: bytes,
})

/** What every sink for dead letters must do. */
export function describeDeadLetterContract(name: string, component: DeadLetterComponent, each: DeadLetterCase): void {
  describe(`dead-letter contract: ${name}`, () => {
    let receiver: LetterReceiver
    let sink: DeadLetterSink
    const never = new AbortController().signal
    const offsets = async () => (await receiver.received()).map(({ origin }) => origin.offset)

    beforeEach(async () => {
      receiver = await each.receiver()
      sink = component.create(component.schema.parse(receiver.options), context)
    })
    afterEach(() => sink.close())

    it('has a name', () => {
      expect(sink.name).not.toBe('')
    })

    it('keeps whatever bytes, reason and origin a letter has, in order', async () => {
      await sink.connect()
      const written: DeadLetter[] = []
      const property = fc.asyncProperty(fc.array(anyLetter, { minLength: 50, maxLength: 80 }), async (letters) => {
        await sink.write(letters, never)
        written.push(...letters)
        expect(await receiver.received()).toEqual(written)
      })
      await fc.assert(property, { numRuns: 4 })
    })

    it('holds the letters, all of them, once a write has resolved', async () => {
      await sink.connect()
      await sink.write([], never)
      await sink.write([letter(1), letter(2, { key: null, value: null }), letter(3)], never)
      expect(await offsets()).toEqual([1, 2, 3])
    })

    it('finds no letter too large', async () => {
      await sink.connect()
      const large = Buffer.alloc(1_500_000, 'x')
      await sink.write([letter(1), letter(2, { value: large }), letter(3, { key: large }), letter(4, { key: large, value: large })], never)
      const received = await receiver.received()
      expect(received.map(({ origin, reason }) => ({ origin, reason }))).toEqual(
        [1, 2, 3, 4].map((offset) => ({ origin: letter(offset).origin, reason: 'undecodable' })),
      )
      // What did not come whole did not come at all.
      expect(
        received.every(({ key, value }) => [key, value].every((each) => each === null || each.length < 100 || each.equals(large))),
      ).toBe(true)
    })

    it('keeps concurrent writes whole', async () => {
      await sink.connect()
      const value = Buffer.alloc(100_000, 'x')
      const pairs = Array.from({ length: 8 }, (_, i) => [letter(2 * i, { value }), letter(2 * i + 1, { value })])
      await Promise.all(pairs.map((pair) => sink.write(pair, never)))
      const received = await receiver.received()
      expect(received.map(({ origin }) => origin.offset).toSorted((a, b) => a - b)).toEqual(pairs.flat().map(({ origin }) => origin.offset))
      expect(received.every((each) => each.value?.equals(value))).toBe(true)
    })

    it('writes the same letters again with the same content', async () => {
      await sink.connect()
      for (let i = 0; i < 2; i++) await sink.write([letter(1)], never)
      expect(await receiver.received()).toEqual([letter(1), letter(1)])
    })

    it('refuses a write that was stopped before it began', async () => {
      await sink.connect()
      expect(await failure(sink.write([letter(1)], AbortSignal.abort()))).toMatchObject({ reason: 'closed', recoverable: true })
      expect(await offsets()).toEqual([])
    })

    it('accepts a write that is stopped on its way or says that it did not, and goes on', async () => {
      await sink.connect()
      const stop = new AbortController()
      const ended = sink.write([letter(1)], stop.signal).catch((error: unknown) => error)
      stop.abort()
      const error = await ended
      if (error !== undefined) expect(error).toMatchObject({ name: 'SinkError', reason: 'closed', recoverable: true })
      await sink.write([letter(2)], never)
      expect(await offsets()).toContain(2)
      if (error === undefined) expect(await offsets()).toContain(1)
    })

    it('refuses writes before it is connected, and from close on; and closes twice', async () => {
      const refusal = { reason: 'closed', recoverable: false }
      expect(await failure(sink.write([letter(1)], never))).toMatchObject(refusal)
      await sink.connect()
      const closed = sink.close()
      expect(await failure(sink.write([letter(2)], never))).toMatchObject(refusal)
      await closed
      await sink.close()
      expect(await failure(sink.write([letter(3)], never))).toMatchObject(refusal)
      expect(await offsets()).toEqual([])
    })

    it('is closed only when every write on its way is accepted or refused', async () => {
      await sink.connect()
      const accepted: number[] = []
      const writes = [1, 2, 3].map(async (offset) => {
        const refusal = await sink.write([letter(offset)], never).catch((error: unknown) => error)
        if (refusal === undefined) accepted.push(offset)
        else expect(refusal).toMatchObject({ name: 'SinkError', reason: 'closed' })
      })
      await sink.close()
      await Promise.all(writes)
      expect(await offsets()).toEqual(accepted)
    })

    it('closes without having connected', async () => {
      await sink.close()
    })
  })
}
