import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { InputRange, SourceComponent } from '../../connectors/component.js'
import type { Assigned, RawBatch, Source, SourceEvent } from '../../connectors/source.js'
import { type ContractCase, context } from './registry.js'

/** An input of one partition. */
export interface Input {
  /** The values of its records, in order, from offset 0 on. */
  readonly values: readonly Buffer[]
  /** Options of a source that starts at its earliest record. */
  readonly options: unknown
}

interface SourceTraits {
  /** `read` ends by itself after the last record. */
  readonly finite: boolean
  /** A committed offset is known to the next source. */
  readonly remembers: boolean
  /** Records of a long input, at most 3,000: fewer where they are dear to make. */
  readonly many?: number
}

export interface SourceCase extends ContractCase, SourceTraits {
  /** An input of `count` records. */
  input(count: number): Promise<Input>
}

interface Reading {
  readonly assigned: Assigned
  readonly batches: readonly RawBatch[]
  /** Kinds of all events, in order. */
  readonly kinds: readonly SourceEvent['kind'][]
}

const everything: InputRange = { from: 'earliest', to: 'now' }

/** What every source must do, and what it reads for `fit` and `replay`, where that is something else. */
export function describeSourceContract(name: string, component: SourceComponent, each: SourceCase): void {
  const parse = (options: unknown) => component.schema.parse(options)
  describeSource(name, each, each.input, (options) => component.create(parse(options), context))
  const { finite } = component
  if (finite === undefined) return
  const traits = { finite: true, remembers: false }
  describeSource(`${name}, as a range`, traits, each.input, (options) => finite(parse(options), everything, context)[0])
}

function describeSource(
  name: string,
  { finite, remembers, many = 3000 }: SourceTraits,
  makeInput: SourceCase['input'],
  make: (options: unknown) => Source,
): void {
  describe(`source contract: ${name}`, () => {
    const opened: Source[] = []
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each.close()
    })

    const input = async (count: number) => {
      const { values, options } = await makeInput(count)
      const open = async () => {
        // As processes do one after the other: an input has one reader at a time.
        await opened.at(-1)?.close()
        const source = make(options)
        opened.push(source)
        await source.connect()
        return source
      }
      return { values, open }
    }

    /** Reads from an offset (default: where the source says) to the last record, and to the end where there is one. */
    const readAll = async (source: Source, count: number, from?: number): Promise<Reading> => {
      let assigned: Assigned | undefined
      const batches: RawBatch[] = []
      const kinds: SourceEvent['kind'][] = []
      for await (const event of source.read()) {
        kinds.push(event.kind)
        if (event.kind === 'assigned') {
          assigned = event
          event.begin(from ?? event.committed ?? event.initial)
        } else if (event.kind === 'batch') batches.push(event)
        if (!finite && batches.at(-1)?.records.at(-1)?.offset === count - 1) break
      }
      if (assigned === undefined) throw new Error('the source ended without an assignment')
      return { assigned, batches, kinds }
    }

    it('first says what the partition holds', async () => {
      const { open } = await input(20)
      const { assigned, kinds } = await readAll(await open(), 20)
      expect(kinds[0]).toBe('assigned')
      expect(assigned).toMatchObject({ committed: undefined, initial: 0, earliest: 0, end: 20, lease: { partition: 0, revoked: false } })
    })

    it('delivers every record once, in order, in batches that say their bytes and what is left', async () => {
      const { values, open } = await input(many)
      const { batches } = await readAll(await open(), many)
      const records = batches.flatMap(({ records }) => [...records])
      expect(records.map(({ offset }) => offset)).toEqual(values.map((_, i) => i))
      expect(Buffer.concat(records.map(({ value }) => value ?? Buffer.alloc(0))).equals(Buffer.concat(values))).toBe(true)
      expect(records.every(({ timestamp }) => Number.isFinite(timestamp))).toBe(true)
      for (const { records, bytes, lag, lease } of batches) {
        expect(records.length).toBeGreaterThan(0)
        expect(bytes).toBe([...records].reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0))
        expect(lag).toBe(many - 1 - (records.at(-1)?.offset ?? 0))
        expect(lease.revoked).toBe(false)
      }
    })

    it('delivers nothing before begin, then from there', async () => {
      const { values, open } = await input(50)
      const events = (await open()).read()[Symbol.asyncIterator]()
      const first = await events.next()
      if (first.done === true || first.value.kind !== 'assigned') throw new Error('expected an assignment')
      let delivered = false
      const second = events.next().then((result) => {
        delivered = true
        return result
      })
      for (let i = 0; i < 20; i++) await turn()
      expect(delivered).toBe(false)
      first.value.begin(33)
      const { value } = await second
      if (value?.kind !== 'batch') throw new Error('expected a batch')
      expect(value.records.at(0)).toMatchObject({ offset: 33, value: values[33] })
    })

    it('gives the same records from the middle as from the start', async () => {
      const { open } = await input(many)
      const middle = Math.floor(many / 2)
      const all = (await readAll(await open(), many)).batches.flatMap(({ records }) => [...records])
      const late = (await readAll(await open(), many, middle)).batches.flatMap(({ records }) => [...records])
      expect(late).toEqual(all.slice(middle))
    })

    it('ends after the last record, and says so of the partition', async ({ skip }) => {
      if (!finite) return skip('this input never ends')
      const { open } = await input(10)
      expect((await readAll(await open(), 10)).kinds).toEqual(['assigned', 'batch', 'revoked'])
      expect((await readAll(await open(), 10, 10)).kinds).toEqual(['assigned', 'revoked'])
    })

    it('commits, and remembers it where it can', async () => {
      const { open } = await input(30)
      const source = await open()
      const { assigned } = await readAll(source, 30)
      await source.commit([{ lease: assigned.lease, offset: 12 }])
      await source.close()
      const again = await readAll(await open(), 30)
      expect(again.assigned.committed).toBe(remembers ? 12 : undefined)
      expect(again.batches[0].records.at(0)?.offset).toBe(remembers ? 12 : 0)
    })

    it('ends a read that waits when it is closed, and closes twice', async () => {
      const { open } = await input(5)
      const source = await open()
      const events = source.read()[Symbol.asyncIterator]()
      await events.next()
      const waiting = events.next()
      await source.close()
      expect((await waiting).done).toBe(true)
      await source.close()
    })

    it('closes without having connected', async () => {
      await make((await makeInput(1)).options).close()
    })
  })
}
